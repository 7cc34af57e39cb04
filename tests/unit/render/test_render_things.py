"""Pictures, barcodes and signatures of a document on its pages."""

from __future__ import annotations

import base64
from pathlib import Path

import pikepdf
import pytest
from render_helpers import check, document, found, make, paragraph, png, text_of
from reportlab.graphics.barcode.eanbc import Ean13BarcodeWidget

from shared.errors import ValidationFailed
from worker.render.blocks.media import bar_boxes, code128_modules, ean13_modules, qr_boxes


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
