"""Blocks at the edge of what they can hold: found by looking for trouble, kept so that it stays away."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from render_helpers import check, make, operators_of, text_of, words_of

from shared.errors import ValidationFailed
from shared.reports import validate_data
from shared.reports.barcodes import MAX_QR_BYTES
from worker.render.blocks.media import qr_boxes


def document(*blocks: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"title": "Edges", "blocks": list(blocks), **more}


def heading(text: str) -> dict[str, Any]:
    return {"type": "heading", "text": text}


def test_contents_count_headings_that_stand_in_columns(tmp_path: Path) -> None:
    columns = {"type": "columns", "columns": [[heading("Left")], [heading("Right")]]}
    blocks = [heading("One"), columns, heading("Two"), {"type": "pageBreak"}, heading("Three")]
    path, _ = make(tmp_path, "document", document(*blocks, toc=True))
    assert "One 1 Left 1 Right 1 Two 1 Three 2" in text_of(path)


@pytest.mark.parametrize("size", [1, 1000, MAX_QR_BYTES - 1, MAX_QR_BYTES])
def test_every_value_that_is_accepted_makes_a_qr_code(size: int) -> None:
    assert list(qr_boxes("x" * size, 400.0))


def test_a_value_too_long_for_a_qr_code_is_refused_by_its_field() -> None:
    block = {"type": "barcode", "value": "x" * (MAX_QR_BYTES + 1)}
    with pytest.raises(ValidationFailed) as refused:
        validate_data("document", document(block))
    assert [error.path for error in refused.value.errors] == ["data.blocks.0.value"]


def test_a_rule_between_dates_compares_dates(tmp_path: Path) -> None:
    rule = {"when": "between", "value": "2026-01-01", "upto": "2026-01-31", "tone": "bad", "bold": True}
    column = {"key": "d", "format": "text", "rules": [rule]}
    data = {"columns": [column], "rows": [["2025-12-31"], ["2026-01-15"], ["2026-02-01"]]}
    path, _ = make(tmp_path, "table", data)
    with pikepdf.open(path) as pdf:
        content = operators_of(pdf.pages[0]).decode("latin-1")
    coloured = re.findall(r"0\.72 0\.15 0\.16 rg[^()]*\(([^)]*)\)", content)
    assert coloured == ["2026-01-15"]


@pytest.mark.parametrize(
    ("block", "warning"),
    [
        ({"type": "barcode", "value": "x", "caption": "word " * 300}, "a caption was cut to fit"),
        ({"type": "signature", "lines": ["name " * 200]}, "the text under a signature line was cut to fit"),
        ({"type": "chart", "kind": "bar", "labels": ["a"], "values": [1], "xTitle": "title " * 60},
         "the title of an axis was cut to fit"),
    ],
)  # fmt: skip
def test_what_is_cut_is_named_in_a_warning(block: dict[str, Any], warning: str, tmp_path: Path) -> None:
    _, outcome = make(tmp_path, "document", document(block))
    assert outcome.warnings == (warning,)


def test_a_pie_of_many_parts_keeps_its_colours(tmp_path: Path) -> None:
    labels = [f"part {number}" for number in range(400)]
    chart = {"type": "chart", "kind": "pie", "labels": labels, "values": [1] * 400}
    path, _ = make(tmp_path, "document", document(chart))
    check(path)
    with pikepdf.open(path) as pdf:
        content = operators_of(pdf.pages[0]).decode("latin-1")
    outlines = [float(width) for width in re.findall(r"1 1 1 RG ([\d.]+) w", content)]
    assert len(outlines) == 400
    # a part is one point wide at the rim
    assert max(outlines) <= 0.2


def test_who_is_quoted_stands_on_the_page_of_the_quote(tmp_path: Path) -> None:
    for filler in range(36, 56):
        blocks = [
            {"type": "paragraph", "text": "\n".join(["line"] * filler)},
            {"type": "quote", "text": "Quoted words.", "source": "Somebody"},
        ]
        path, _ = make(tmp_path, "document", document(*blocks))
        pages = {word.text: word.page for word in words_of(path)}
        assert pages["Quoted"] == pages["Somebody"]


@pytest.mark.parametrize(
    ("data", "path", "message"),
    [
        ({"blocks": []}, "data.blocks", "has 0 items and must have at least 1"),
        ({"blocks": [{"type": "heading", "text": "x", "level": 9}]}, "data.blocks.0.level",
         "must be at most 3"),
        ({"blocks": [{"type": "spacer", "height": "big"}]}, "data.blocks.0.height", "must be a number"),
        ({"blocks": [{"type": "list", "items": ["x"], "start": 1.5}]}, "data.blocks.0.start",
         "must be a whole number"),
    ],
)  # fmt: skip
def test_errors_are_in_plain_words(data: dict[str, Any], path: str, message: str) -> None:
    with pytest.raises(ValidationFailed) as refused:
        validate_data("document", data)
    assert [(error.path, error.message) for error in refused.value.errors] == [(path, message)]


def test_the_values_of_a_measure_have_the_same_decimals(tmp_path: Path) -> None:
    measure = {"name": "On time", "value": 96.25, "target": 95.6, "previous": 91, "unit": "%"}
    data = {"period": "x", "revenue": 1, "metrics": [measure, {"name": "Left", "value": 1e300}]}
    path, _ = make(tmp_path, "performance", data)
    assert "On time 96.25% 95.60% 91.00% +5.8% met" in text_of(path)


def test_quantities_of_an_invoice_are_printed_as_they_are(tmp_path: Path) -> None:
    party = {"name": "Someone"}
    lines = [{"description": "Chair", "quantity": 4}, {"description": "Work", "quantity": 6.5}]
    path, _ = make(tmp_path, "invoice", {"number": 1, "seller": party, "buyer": party, "lines": lines})
    assert "Chair 4 0% 0.00 Work 6.5 0% 0.00" in text_of(path)


def test_values_over_bars_stand_on_white_and_the_line_under_titles_over_shades(tmp_path: Path) -> None:
    chart = {"type": "chart", "kind": "bar", "labels": ["a"], "values": [142]}
    table = {"type": "table", "groupBy": "g", "columns": [{"key": "g"}, {"key": "v"}], "rows": [["x", 1]]}
    path, _ = make(tmp_path, "document", document(chart, table))
    with pikepdf.open(path) as pdf:
        content = operators_of(pdf.pages[0]).decode("latin-1")
    assert re.search(r"\n1 1 1 rg [^\n]* re f\nBT[^\n]*\(142\)", content)
    shades = [match.start() for match in re.finditer(r"0\.911 0\.930 0\.954 rg [^\n]* re f", content)]
    line = re.search(r"RG 0\.9 w [^\n]* l S", content)
    assert shades
    assert line is not None
    assert line.start() > shades[-1]


def test_a_row_of_averages_says_so(tmp_path: Path) -> None:
    columns = [{"key": "n"}, {"key": "v", "total": "avg"}, {"key": "g"}]
    data = {"columns": columns, "rows": [["a", 1, "x"], ["b", 2, "x"]], "locale": "de-DE"}
    path, _ = make(tmp_path, "table", data)
    assert "Mittel 1,5" in text_of(path)
    make(tmp_path, "table", {**data, "groupBy": "g"})
    assert "Mittel x 1,5 Mittel 1,5" in text_of(path)


def test_a_long_qr_code_is_large_enough_to_be_read(tmp_path: Path) -> None:
    path, _ = make(tmp_path, "document", document({"type": "barcode", "value": "x" * MAX_QR_BYTES}))
    with pikepdf.open(path) as pdf:
        content = operators_of(pdf.pages[0]).decode("latin-1")
    boxes = re.findall(r"^([\d.]+) ([\d.]+) ([\d.]+) ([\d.]+) re", content, re.MULTILINE)
    assert min(float(height) for *_, height in boxes) >= 0.9
