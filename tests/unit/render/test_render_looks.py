"""What reports say of their pages: paper, furniture, locale, theme."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pikepdf
import pytest
from render_helpers import check, document, make, operators_of, paragraph, text_of, words_of

from shared.reports import REPORT_TYPES
from shared.reports.document.example import PICTURE


def test_page_breaks_turn_the_pages_until_the_next(tmp_path: Path) -> None:
    data = document(
        paragraph("a"),
        {"type": "pageBreak", "orientation": "landscape"},
        {"type": "spacer", "height": 500},
        paragraph("b\n" * 20),
        {"type": "pageBreak"},
        paragraph("c"),
    )
    path, _ = make(tmp_path, "document", data)
    with pikepdf.open(path) as pdf:
        turned = [float(page.mediabox[2]) > float(page.mediabox[3]) for page in pdf.pages]
    assert turned == [False, True, True, False]


@pytest.mark.parametrize(
    ("page", "size"),
    [
        ({"size": "A5"}, (419.53, 595.28)),
        ({"size": "Letter", "orientation": "landscape"}, (792, 612)),
        ({"size": "A3", "margins": 20}, (841.89, 1190.55)),
    ],
)
def test_paper_and_margins_are_as_asked(
    page: dict[str, Any], size: tuple[float, float], tmp_path: Path
) -> None:
    path, _ = make(tmp_path, "document", document(paragraph("word " * 500), page=page))
    with pikepdf.open(path) as pdf:
        assert [float(edge) for edge in pdf.pages[0].mediabox[2:]] == pytest.approx(list(size), abs=0.02)
    margin = page.get("margins", 48)
    words = words_of(path)
    assert min(word.x0 for word in words) >= margin - 0.5
    assert max(word.x1 for word in words) <= size[0] - margin + 0.5


def test_header_footer_and_watermark_are_on_the_pages(tmp_path: Path) -> None:
    data = document(
        paragraph("x"),
        {"type": "pageBreak"},
        paragraph("y"),
        title="Report",
        header={"left": "{title}", "right": "Ada"},
        footer={"left": "{date}", "right": "Seite {page} von {pages}"},
        watermark="DRAFT",
        locale="de-DE",
    )
    path, _ = make(tmp_path, "document", data)
    text = text_of(path)
    assert "Seite 1 von 2" in text
    assert "Seite 2 von 2" in text
    assert text.count("21.09.2026") == 2
    assert text.count("Ada") == 1
    with pikepdf.open(path) as pdf:
        assert all(b"(DRAFT) Tj" in operators_of(page) for page in pdf.pages)


def test_the_locale_reaches_every_block(tmp_path: Path) -> None:
    data = document(
        {"type": "metrics", "items": [{"label": "a", "value": 1234.5, "format": "currency"}]},
        {
            "type": "table",
            "columns": [{"key": "a"}, {"key": "n", "total": "sum"}],
            "rows": [{"n": 1234.5}, {"n": 2000.25}],
        },
        {"type": "chart", "kind": "bar", "labels": ["x"], "values": [0.5]},
        {"type": "keyValue", "items": {"k": 7654.25, "b": True}},
        locale="de-DE",
        currency="EUR",
    )
    path, _ = make(tmp_path, "document", data)
    text = text_of(path)
    for shown in ("1.234,50 €", "2.000,25", "3.234,75", "Summe", "7.654,25", "ja", "0,5", "Seite 1 von 1"):
        assert shown in text
    with pikepdf.open(path) as pdf:
        assert str(pdf.Root.Lang) == "de-DE"


@pytest.mark.parametrize("name", ["sales", "invoice", "table", "inventory", "performance", "test"])
def test_every_type_takes_locale_theme_and_page(name: str, tmp_path: Path) -> None:
    around = {
        "locale": "fr-FR",
        "page": {"size": "A5", "margins": 30},
        "theme": {"colours": {"accent": "#0f6b5c"}, "logo": PICTURE},
        "toc": True,
        "footer": "{page}",
    }
    path, outcome = make(tmp_path, name, {**REPORT_TYPES[name].example, **around})
    assert check(path) == outcome.pages
    with pikepdf.open(path) as pdf:
        assert b"0.059 0.420 0.361" in operators_of(pdf.pages[0])


def test_theme_colours_replace_the_default_everywhere(tmp_path: Path) -> None:
    colours = {
        "accent": "#aa0000",
        "text": "#001100",
        "muted": "#222200",
        "line": "#003300",
        "tint": "#eeddcc",
    }
    data = {**REPORT_TYPES["document"].example, "theme": {"colours": colours}}
    path, _ = make(tmp_path, "document", data)
    with pikepdf.open(path) as pdf:
        content = b"".join(operators_of(page) for page in pdf.pages)
    for default in (b"0.106 0.302 0.541", b"0.42 0.46 0.52", b"0.84 0.86 0.89"):
        assert default not in content
