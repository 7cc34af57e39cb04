"""Blocks of text and columns of a document on its pages."""

from __future__ import annotations

from pathlib import Path

import pikepdf
import pytest
from render_helpers import document, found, make, paragraph, text_of, words_of


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
