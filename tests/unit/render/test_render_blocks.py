"""The blocks of a document on its pages."""

from __future__ import annotations

import base64
from io import BytesIO
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from PIL import Image
from render_helpers import Word, check, make, operators_of, text_of, words_of
from reportlab.graphics.barcode.eanbc import Ean13BarcodeWidget

from shared.errors import ValidationFailed
from shared.reports import REPORT_TYPES
from shared.reports.document.example import PICTURE
from worker.render.blocks.media import bar_boxes, code128_modules, ean13_modules, qr_boxes


def document(*blocks: dict[str, Any], **around: Any) -> dict[str, Any]:
    """A document of these blocks."""
    return {"blocks": list(blocks), **around}


def paragraph(text: str, **fields: Any) -> dict[str, Any]:
    """A paragraph as it is sent."""
    return {"type": "paragraph", "text": text, **fields}


def found(path: Path, text: str) -> Word:
    """The first word that is this text."""
    return next(word for word in words_of(path) if word.text == text)


def png(width: int, height: int) -> str:
    """A picture as a data URI."""
    out = BytesIO()
    Image.new("RGB", (width, height), (20, 90, 160)).save(out, "PNG")
    return "data:image/png;base64," + base64.b64encode(out.getvalue()).decode()


def font_at(path: Path, text: bytes) -> str:
    """Base font of the first string on the first page that holds the text."""
    with pikepdf.open(path) as pdf:
        page = pdf.pages[0]
        name = ""
        for operands, operator in pikepdf.parse_content_stream(page):
            if str(operator) == "Tf":
                name = str(operands[0])
            if str(operator) == "Tj" and text in bytes(operands[0]):
                return str(page.Resources.Font[name].BaseFont)
    raise AssertionError(text)


def test_emphasis_takes_the_fonts_of_its_styles(tmp_path: Path) -> None:
    path, _ = make(tmp_path, "document", document(paragraph("plain **strong** *slant* ***both*** `fixed`")))
    fonts = {word: font_at(path, word).lower() for word in (b"strong", b"slant", b"both", b"fixed")}
    assert "bold" in fonts[b"strong"]
    assert "italic" in fonts[b"slant"]
    assert "bold" in fonts[b"both"]
    assert "italic" in fonts[b"both"]
    assert "cascadia" in fonts[b"fixed"] or "mono" in fonts[b"fixed"]
    assert text_of(path).count("plain strong slant both fixed") == 1


def test_styled_text_is_broken_between_words_only(tmp_path: Path) -> None:
    text = " ".join(f"word{n}**bold{n}***it{n}*" for n in range(300))
    path, _ = make(tmp_path, "document", document(paragraph(text)))
    words = [word.text for word in words_of(path)]
    assert [f"word{n}bold{n}it{n}" for n in range(300)] == [word for word in words if word.startswith("word")]
    assert all(word.x1 <= 548 for word in words_of(path))


def test_links_are_made_and_nothing_else_is_one(tmp_path: Path) -> None:
    text = "[site](https://a.example/x) [mail](mailto:a@b.example) [bad](javascript:alert(1))"
    path, _ = make(tmp_path, "document", document(paragraph(text)))
    with pikepdf.open(path) as pdf:
        links = [str(link.A.URI) for link in pdf.pages[0].Annots]
    assert links == ["https://a.example/x", "mailto:a@b.example"]
    assert "[bad](javascript:alert(1))" in text_of(path)


def test_paragraphs_can_be_aligned(tmp_path: Path) -> None:
    parts = [paragraph(align, align=align) for align in ("left", "right", "center")]
    path, _ = make(tmp_path, "document", document(*parts))
    assert found(path, "left").x0 == pytest.approx(48, abs=1)
    assert found(path, "right").x1 == pytest.approx(547.3, abs=1)
    middle = found(path, "center")
    assert (middle.x0 + middle.x1) / 2 == pytest.approx(297.6, abs=1)


def test_lists_are_numbered_and_indented(tmp_path: Path) -> None:
    items = ["first", {"text": "second", "items": ["inner", {"text": "x", "items": ["deep"]}]}, "third"]
    path, _ = make(
        tmp_path, "document", document({"type": "list", "ordered": True, "start": 9, "items": items})
    )
    assert {"9.", "10.", "11."} <= {word.text for word in words_of(path)}
    indents = [found(path, word).x0 for word in ("first", "inner", "deep")]
    assert indents == sorted(set(indents))
    assert found(path, "third").x0 == pytest.approx(found(path, "first").x0)


def test_spaces_and_lines_of_code_are_kept(tmp_path: Path) -> None:
    path, _ = make(tmp_path, "document", document({"type": "code", "text": "def f():\n    return 1\n\tx"}))
    letter = found(path, "x")
    assert found(path, "return").x0 == pytest.approx(letter.x0, abs=0.2)
    assert found(path, "return").x0 > found(path, "def").x0 + 15


def test_a_code_line_wider_than_the_page_goes_on_below(tmp_path: Path) -> None:
    path, _ = make(tmp_path, "document", document({"type": "code", "text": "y" * 500}))
    assert text_of(path).replace(" ", "").count("y") == 500
    assert all(word.x1 <= 548 for word in words_of(path))


@pytest.mark.parametrize("kind", ["callout", "quote", "paragraph"])
def test_long_text_goes_on_over_pages_without_loss(kind: str, tmp_path: Path) -> None:
    words = [f"word{n}" for n in range(4000)]
    path, outcome = make(tmp_path, "document", document({"type": kind, "text": " ".join(words)}))
    assert outcome.pages > 2
    printed = "".join(text_of(path).split())
    position = 0
    for word in words:
        position = printed.index(word, position)


def test_a_short_callout_is_not_divided(tmp_path: Path) -> None:
    filler = {"type": "spacer", "height": 660}
    callout = {"type": "callout", "title": "Title", "text": "one\ntwo\nthree"}
    path, _ = make(tmp_path, "document", document(filler, callout, title="T"))
    assert {found(path, word).page for word in ("Title", "one", "three")} == {2}


def test_a_heading_stays_with_what_follows(tmp_path: Path) -> None:
    for height in range(600, 700, 9):
        chart = {"type": "chart", "kind": "bar", "labels": ["Only"], "values": [1]}
        heads = [{"type": "heading", "text": "Outer"}, {"type": "heading", "text": "Inner", "level": 2}]
        data = document({"type": "spacer", "height": height}, *heads, chart)
        path, _ = make(tmp_path, "document", data)
        assert found(path, "Outer").page == found(path, "Inner").page == found(path, "Only").page


def test_headings_are_bookmarks_and_contents_name_their_pages(tmp_path: Path) -> None:
    blocks = []
    for chapter in range(1, 5):
        blocks += [
            {"type": "heading", "text": f"Chapter{chapter}"},
            {"type": "heading", "text": f"Section{chapter}", "level": 2},
            paragraph("text"),
            {"type": "heading", "text": f"Detail{chapter}", "level": 3},
            {"type": "pageBreak"},
        ]
    path, _ = make(tmp_path, "document", document(*blocks, toc={"title": "Contents", "depth": 2}))
    with pikepdf.open(path) as pdf:
        outline = pdf.open_outline()
        titles = [item.title for item in outline.root]
        first = outline.root[0].children[0]
        assert len(pdf.pages[0].Annots) == 8
    assert titles == ["Chapter1", "Chapter2", "Chapter3", "Chapter4"]
    assert first.title == "Section1"
    assert first.children[0].title == "Detail1"
    words = words_of(path)
    for chapter in range(1, 5):
        name = f"Chapter{chapter}"
        listed, there = [word for word in words if word.text == name]
        number = next(
            word for word in words if word.page == 1 and abs(word.y1 - listed.y1) < 4 and word.x0 > 500
        )
        assert int(number.text) == there.page


def test_columns_stand_side_by_side(tmp_path: Path) -> None:
    data = document(
        {"type": "columns", "columns": [[paragraph("left")], {"blocks": [paragraph("right")], "width": 3}]},
        paragraph("below"),
    )
    path, _ = make(tmp_path, "document", data)
    left, right, below = (found(path, word) for word in ("left", "right", "below"))
    assert left.y0 == right.y0 < below.y0
    assert right.x0 == pytest.approx(48 + (499.28 - 22) / 4 + 22, abs=0.5)


def test_columns_taller_than_a_page_go_below_each_other(tmp_path: Path) -> None:
    rows = [[f"r{n}"] for n in range(90)]
    table = {"type": "table", "rows": rows}
    path, outcome = make(
        tmp_path, "document", document({"type": "columns", "columns": [[table], [paragraph("last")]]})
    )
    assert outcome.rows_rendered == 90
    assert found(path, "last").page == outcome.pages > 1


def test_tables_in_columns_are_counted_once_and_keep_to_their_frame(tmp_path: Path) -> None:
    table = {"type": "table", "rows": [{"a": f"x{n}", "b": "long words " * 9, "c": n} for n in range(5)]}
    path, outcome = make(tmp_path, "document", document({"type": "columns", "columns": [[table], [table]]}))
    assert outcome.rows_rendered == outcome.rows_received == 10
    middle = 297.6
    left = [word for word in words_of(path) if word.text.startswith("x")]
    assert sum(word.x1 < middle for word in left) == 5
    crossing = [word for word in words_of(path) if word.x0 < middle - 11 < word.x1 and word.y0 < 700]
    assert crossing == []


@pytest.mark.parametrize(("size", "width"), [((400, 100), 300), ((3000, 500), 499.3), ((10, 4000), None)])
def test_pictures_keep_their_shape_and_stay_in_the_frame(
    size: tuple[int, int], width: float | None, tmp_path: Path
) -> None:
    path, outcome = make(
        tmp_path, "document", document({"type": "image", "data": png(*size), "caption": "Cap"})
    )
    check(path)
    assert outcome.pages == 1 + (size[1] > 3000)
    with pikepdf.open(path) as pdf:
        placed = [
            [float(number) for number in operands]
            for page in pdf.pages
            for operands, operator in pikepdf.parse_content_stream(page)
            if str(operator) == "cm" and float(operands[0]) > 1.01
        ]
    [matrix] = placed
    assert matrix[0] / matrix[3] == pytest.approx(size[0] / size[1], rel=0.01)
    if width is not None:
        assert matrix[0] == pytest.approx(width, abs=0.1)


def test_a_picture_that_can_not_be_read_names_its_field(tmp_path: Path) -> None:
    block = {
        "type": "image",
        "data": "data:image/png;base64," + base64.b64encode(b"\x89PNG\r\n\x1a\nxx").decode(),
    }
    for data, path in (
        (document(paragraph("x"), block), "data.blocks.1.data"),
        (document({"type": "columns", "columns": [[block]]}), "data.blocks.0.columns.0.blocks.0.data"),
    ):
        with pytest.raises(ValidationFailed) as caught:
            make(tmp_path, "document", data)
        assert [error.path for error in caught.value.errors] == [path]


def test_a_barcode_has_its_text_below(tmp_path: Path) -> None:
    blocks = [
        {"type": "barcode", "kind": "ean13", "value": "400638133393"},
        {"type": "barcode", "kind": "code128", "value": "HL-2026"},
        {"type": "barcode", "value": "https://x.example", "caption": "Scan me"},
    ]
    path, _ = make(tmp_path, "document", document(*blocks))
    assert "4006381333931" in text_of(path)
    assert "HL-2026" in text_of(path)
    assert "Scan me" in text_of(path)


@pytest.mark.parametrize("digits", ["4006381333931", "9780306406157", "0000000000000"])
def test_ean_modules_are_those_of_another_encoder(digits: str) -> None:
    drawing = Ean13BarcodeWidget(digits).draw()
    bars = [shape for shape in drawing.contents if type(shape).__name__ == "Rect" and shape.fillColor]
    module = min(bar.width for bar in bars)
    start = min(bar.x for bar in bars)
    wanted = sorted((round((bar.x - start) / module), round(bar.width / module)) for bar in bars)
    got = sorted((round(x), round(width)) for x, _, width, _ in bar_boxes(ean13_modules(digits), 1, 1))
    assert _dark(got) == _dark(wanted)


def _dark(runs: list[tuple[int, int]]) -> set[int]:
    return {place for start, length in runs for place in range(start, start + length)}


def test_code_128_begins_and_ends_as_it_must() -> None:
    modules = code128_modules("A")
    assert modules.startswith("11010010000")
    assert modules.endswith("1100011101011")
    assert len(modules) == 11 * 3 + 13


def test_a_qr_code_has_its_three_finders() -> None:
    boxes = list(qr_boxes("hello", 21))
    rows = {}
    for x, y, width, _ in boxes:
        rows.setdefault(round(y), []).append((round(x), round(width)))
    assert (0, 7) in rows[20]
    assert (14, 7) in rows[20]
    assert (0, 7) in rows[0]
    assert all(x >= 0 and x + width <= 21.001 for x, _, width, _ in boxes)


def test_signatures_have_room_above_their_lines(tmp_path: Path) -> None:
    lines = [{"name": "Olsen", "detail": "Manager"}, "Lindqvist"]
    path, _ = make(tmp_path, "document", document(paragraph("before"), {"type": "signature", "lines": lines}))
    assert found(path, "Olsen").y0 - found(path, "before").y1 > 45
    assert found(path, "Lindqvist").x0 > found(path, "Olsen").x1


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
