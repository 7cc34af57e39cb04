"""Text of any script: shown in the right order, found and copied as it was written."""

from __future__ import annotations

import os
import shutil
import unicodedata
from itertools import count
from pathlib import Path

import pytest
from bidi.algorithm import get_display  # type: ignore[import-untyped]
from hypothesis import given, settings
from hypothesis import strategies as st
from render_helpers import check, make, text_of

from worker.render import bidi
from worker.render.faces import FAMILIES, SCRIPTS
from worker.render.fonts import Font
from worker.render.text import _SETTLED, clean_line, shorten, wrap

SAMPLES = {
    "Latin": "Größe naïve Tiếng Việt",
    "Greek": "Καλημέρα",
    "Cyrillic": "Привет",
    "Arabic": "مرحبا بالعالم السلام",
    "Persian": "می‌خواهم",
    "Hebrew": "שלום עולם",
    "Hebrew with points": "שָׁלוֹם",
    "Chinese": "财务报告：收入增长。",
    "Japanese": "売上報告書カタカナひらがな",
    "Korean": "매출 보고서",
    "Thai": "สวัสดีชาวโลก",
    "Lao": "ສະບາຍດີ",
    "Devanagari": "नमस्ते दुनिया क्षत्रिय",
    "Bengali": "বাংলা ভাষা",
    "Gujarati": "ગુજરાતી",
    "Gurmukhi": "ਪੰਜਾਬੀ",
    "Kannada": "ಕನ್ನಡ",
    "Malayalam": "മലയാളം",
    "Oriya": "ଓଡ଼ିଆ",
    "Sinhala": "සිංහල",
    "Tamil": "தமிழ் மொழி",
    "Telugu": "తెలుగు భాష",
    "Khmer": "ភាសាខ្មែរ",
    "Myanmar": "မြန်မာဘာသာ",
    "Ethiopic": "አማርኛ",
    "Armenian": "Հայերեն",
    "Georgian": "ქართული",
    "Symbols": "→⇒✓★☎⚠∑∞€₿♫",
    "Emoji": "👍🏽🎉👨‍👩‍👧❤️",
}

needs_poppler = pytest.mark.skipif(
    shutil.which("pdftotext") is None and not os.environ.get("CI"),
    reason="poppler's pdftotext is not installed",
)


def copied(path: Path) -> str:
    """The text of a PDF without the marks that poppler puts around right-to-left parts."""
    return unicodedata.normalize("NFC", text_of(path)).translate(dict.fromkeys(range(0x202A, 0x202F)))


@needs_poppler
@pytest.mark.parametrize("script", SAMPLES)
def test_text_is_copied_as_it_was_written(script: str, tmp_path: Path) -> None:
    path, outcome = make(tmp_path, "table", {"rows": [{"sample": SAMPLES[script]}]}, title="Scripts")
    assert outcome.warnings == ()
    assert check(path) == 1
    assert unicodedata.normalize("NFC", SAMPLES[script]) in copied(path)


@needs_poppler
def test_all_scripts_fit_into_one_document(tmp_path: Path) -> None:
    rows = [{"script": name, "sample": sample} for name, sample in SAMPLES.items()]
    path, outcome = make(tmp_path, "table", {"rows": rows})
    assert outcome.warnings == ()
    text = copied(path)
    assert all(unicodedata.normalize("NFC", sample) in text for sample in SAMPLES.values())


@needs_poppler
def test_brackets_and_numbers_keep_their_place_in_right_to_left_text(tmp_path: Path) -> None:
    path, _ = make(tmp_path, "table", {"rows": [["مرحبا (تقرير) نعم"]]})
    assert "مرحبا (تقرير) نعم" in copied(path)


def ordered(text: str) -> str:
    """The line from left to right, character by character."""
    base = bidi.base_level(text)
    spans = [bidi.Span(index, index + 1, level) for index, level in enumerate(bidi.levels(text, base))]
    return "".join(text[span.start] for span in bidi.visual_order(spans))


@given(st.text(st.sampled_from("abc אבג ابت 123 ٤٥ ,.-+%/:!"), max_size=24))
@settings(max_examples=500, deadline=None, derandomize=True)
def test_lines_are_ordered_as_another_implementation_orders_them(text: str) -> None:
    assert ordered(text) == get_display(text, base_dir="R" if bidi.base_level(text) else "L")


def test_brackets_stand_around_what_they_hold() -> None:
    # rule N0: both brackets run as what they hold, or as the line where both directions are inside
    assert ordered("[aא]1") == "[aא]1"
    assert ordered("אב (cd) גד") == "דג (cd) בא".translate(str.maketrans("()", ")("))


def test_lines_of_a_paragraph_run_as_the_paragraph_does() -> None:
    font = Font("regular", (f"F{number}" for number in count(1)))
    lines = wrap("שלום עולם Pressroom Limited שלום", font, 10, 60)
    assert len(lines) > 2
    assert {bidi.base_level(line) for line in lines} == {1}


@pytest.mark.parametrize("text", [*SAMPLES.values(), "a" * 50 + "שלום" * 30, "ก" * 200, "漢" * 200])
def test_no_line_is_wider_than_asked_for_and_nothing_is_lost(text: str) -> None:
    font = Font("regular", (f"F{number}" for number in count(1)))
    lines = wrap(text, font, 10, 55)
    assert all(font.width(line, 10) <= 57 for line in lines)
    kept = "".join(lines).translate(dict.fromkeys((0x200E, 0x200F, 0x20)))
    assert kept == clean_line(text).replace(" ", "")


def test_wide_text_is_broken_between_characters_but_not_before_a_full_stop() -> None:
    font = Font("regular", (f"F{number}" for number in count(1)))
    lines = wrap("収入増長収入増長。収入増長", font, 10, 80)
    assert len(lines) > 1
    assert not any(line.startswith("。") for line in lines)


def test_controls_are_cleaned() -> None:
    assert clean_line("a\x00b\x1b[31mc\x7f\u202ed\u2066e\U000e0041f") == "ab[31mcdef"


def test_the_documentation_lists_every_font() -> None:
    text = (Path(__file__).resolve().parents[3] / "docs" / "fonts.md").read_text()
    rows = [line for line in text.splitlines() if line.startswith("| ")]
    for script in (name for _, name in SCRIPTS):
        assert any(row.startswith(f"| {script}") and f"Noto Sans {script}" in row for row in rows), script
    assert all(f"`{family}`" in text for family in FAMILIES)


def test_the_same_text_is_shaped_the_same_in_two_documents() -> None:
    shown = [
        Font("regular", (f"F{number}" for number in count(1))).show(" ".join(SAMPLES.values()), "9")
        for _ in range(2)
    ]
    assert shown[0] == shown[1]


@pytest.mark.parametrize(
    "words",
    [
        "ภาษา ไทย เป็น ภาษา ที่ มี ระดับ เสียง ของ คำ แน่นอน",
        "ພາສາ ລາວ ເປັນ ພາສາ ທາງການ ຂອງ ລາວ",
        "ជា ភាសាផ្លូវការ របស់ ប្រទេស កម្ពុជា",
        "မြန်မာဘာသာ စကား သည် စကား ဖြစ်သည်",
    ],
    ids=["Thai", "Lao", "Khmer", "Burmese"],
)
def test_scripts_without_spaces_are_broken_between_words(words: str) -> None:
    parts, text = words.split(), words.replace(" ", "")
    ends = {sum(map(len, parts[:count])) for count in range(1, len(parts) + 1)}
    font = Font("regular", iter(f"F{number}" for number in range(99)))
    widest = max(font.width(part, 10) for part in parts)
    lines = wrap(text, font, 10, widest * 1.1)
    assert len(lines) > 1
    assert "".join(lines) == text
    stops = {sum(map(len, lines[:count])) for count in range(1, len(lines) + 1)}
    assert stops <= ends


@pytest.mark.parametrize(
    "cluster", ["กำ", "ស្ត្រី", "👩‍👩‍👧", "🇩🇪", "q̣̇", "नि", "ကြီး"], ids=lambda text: f"U+{ord(text[0]):04X}"
)
def test_what_reads_as_one_character_is_never_parted(cluster: str) -> None:
    font = Font("regular", iter(f"F{number}" for number in range(99)))
    for line in wrap(cluster * 9, font, 10, font.width(cluster, 10) * 2.5):
        assert line.strip("\u200e\u200f") in {cluster * count for count in range(1, 10)}
    assert shorten(cluster * 9, font, 10, font.width(cluster, 10) * 2.5) in {
        f"{cluster * count}…" for count in range(3)
    }


def test_what_is_shown_without_cleaning_has_nothing_to_clean() -> None:
    settled = [char for char in map(chr, range(0x10FFFF)) if _SETTLED.fullmatch(char)]
    assert {"a", "é", "–", "€", "\u00a0"} <= set(settled)
    assert not {unicodedata.category(char) for char in settled} & {
        "Cc",
        "Cf",
        "Cs",
        "Mn",
        "Me",
        "Mc",
        "Zl",
        "Zp",
    }
    assert not any(map(unicodedata.combining, settled))
    for char in settled:
        assert unicodedata.is_normalized("NFC", char)
        assert unicodedata.is_normalized("NFC", f"a{char}{char}e")
    assert unicodedata.is_normalized("NFC", "".join(settled))
