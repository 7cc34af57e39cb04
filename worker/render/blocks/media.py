"""Pictures and barcodes."""

from __future__ import annotations

from collections.abc import Iterator

from reportlab.graphics.barcode.code128 import Code128
from reportlab.graphics.barcode.qrencoder import QR8bitByte, QRCode, QRErrorCorrectLevel

from shared.reports.barcodes import ean13_digit
from shared.reports.blocks import Align, Barcode, Image
from worker.render.page import Pages
from worker.render.text import wrap

#: points per pixel of a picture without a width
_PER_PIXEL = 0.75
# The gap around a block is at least the quiet zone that readers ask for.
_QR_SIZE = 76.0
# about a third of a millimetre, which phones read from paper
_LEAST_MODULE = 0.95
_BARS_HEIGHT = 42.0
_MODULE = 1.05
_CAPTION = 8.0
_CAPTION_LINES = 8

Box = tuple[float, float, float, float]

# ISO/IEC 15420: the seven modules of each digit, and which digits of the left half are of set B.
_EAN_A = (
    *("0001101", "0011001", "0010011", "0111101", "0100011"),
    *("0110001", "0101111", "0111011", "0110111", "0001011"),
)
_EAN_PARITY = (
    *("AAAAAA", "AABABB", "AABBAB", "AABBBA", "ABAABB"),
    *("ABBAAB", "ABBBAA", "ABABAB", "ABABBA", "ABBABA"),
)


def draw_image(pages: Pages, block: Image) -> None:
    """A picture no larger than the frame, with its caption."""
    picture = pages.open_picture(block.content, block.path)
    width = block.width or picture.width * _PER_PIXEL
    caption = _caption_lines(pages, block.caption)
    most = pages.top - pages.bottom - len(caption) * 11 - 4
    scale = min(1.0, pages.width / width, most / (width * picture.height / picture.width))
    width *= scale
    height = width * picture.height / picture.width
    pages.need(height + len(caption) * 11 + 4)
    x = _aligned(pages, width, block.align)
    pages.picture(picture, x, pages.y - height, width, height)
    pages.y -= height
    _draw_caption(pages, caption, block.align)


def draw_barcode(pages: Pages, block: Barcode) -> None:
    """Modules or bars, the value under the bars, and the caption."""
    if block.kind == "qr":
        code = _qr_code(block.value)
        edge = min(block.size or max(_QR_SIZE, code.getModuleCount() * _LEAST_MODULE), pages.width)
        boxes, width, height = list(_dark_runs(code, edge)), edge, edge
        text = ""
    else:
        modules = code128_modules(block.value) if block.kind == "code128" else ean13_modules(block.value)
        height = block.size or _BARS_HEIGHT
        module = min(_MODULE, pages.width / len(modules))
        boxes, width = list(bar_boxes(modules, module, height)), module * len(modules)
        text = block.value if block.kind == "code128" else _ean13(block.value)
    caption = _caption_lines(pages, block.caption)
    below = (11 if text else 0) + len(caption) * 11 + 4
    pages.need(height + below)
    x = _aligned(pages, width, block.align)
    pages.ops.append(f"q 1 0 0 1 {x:.2f} {pages.y - height:.2f} cm 0 g")
    pages.ops.append("\n".join(f"{a:.3f} {b:.3f} {c:.3f} {d:.3f} re" for a, b, c, d in boxes) + " f Q")
    pages.y -= height
    if text:
        size = min(_CAPTION, _CAPTION * width / max(pages.mono.width(text, _CAPTION), 0.01))
        middle = x + width / 2
        y = pages.y - 9
        pages.text(middle, y, text, font=pages.mono, size=size, color=pages.theme.ink, align="center")
        pages.y -= 11
    _draw_caption(pages, caption, block.align)


def _aligned(pages: Pages, width: float, align: Align) -> float:
    spare = pages.width - width
    return pages.left + {"left": 0.0, "right": spare, "center": spare / 2}[align]


def _caption_lines(pages: Pages, caption: str) -> list[str]:
    lines = wrap(caption, pages.regular, _CAPTION, pages.width) if caption else []
    return pages.first_lines(lines, _CAPTION_LINES, "a caption")


def _draw_caption(pages: Pages, lines: list[str], align: Align) -> None:
    x = {"left": pages.left, "right": pages.right, "center": (pages.left + pages.right) / 2}[align]
    pages.y -= 2
    for line in lines:
        pages.text(x, pages.y - _CAPTION, line, size=_CAPTION, color=pages.theme.muted, align=align)
        pages.y -= 11


def qr_boxes(value: str, edge: float) -> Iterator[Box]:
    """Dark runs (x, y, width, height) of a QR code with error correction M, its quiet zone not included."""
    return _dark_runs(_qr_code(value), edge)


def _qr_code(value: str) -> QRCode:
    code = QRCode(None, QRErrorCorrectLevel.M)
    code.addData(QR8bitByte(value.encode("utf-8")))
    code.make()
    return code


def _dark_runs(code: QRCode, edge: float) -> Iterator[Box]:
    count = code.getModuleCount()
    module = edge / count
    for row in range(count):
        start = None
        for column in range(count + 1):
            dark = column < count and code.isDark(row, column)
            if dark and start is None:
                start = column
            elif not dark and start is not None:
                y = edge - (row + 1) * module
                yield start * module, y, (column - start) * module, module
                start = None


def code128_modules(value: str) -> str:
    """Dark and light modules as ones and zeros, without quiet zones."""
    code = Code128(value)
    code.validate()
    code.encode()
    code.decompose()
    # reportlab writes a bar as a capital and a space as a small letter, A to D for one to four modules
    modules = [("1" if step.isupper() else "0") * (ord(step.lower()) - 96) for step in code.decomposed]
    return "".join(modules)


def _ean13(value: str) -> str:
    return value if len(value) == 13 else value + ean13_digit(value)


def ean13_modules(value: str) -> str:
    """Dark and light modules as ones and zeros, without quiet zones."""
    digits = [int(char) for char in _ean13(value)]
    left = []
    for digit, parity in zip(digits[1:7], _EAN_PARITY[digits[0]], strict=True):
        pattern = _EAN_A[digit]
        left.append(pattern if parity == "A" else _inverted(pattern)[::-1])
    right = [_inverted(_EAN_A[digit]) for digit in digits[7:]]
    return "101" + "".join(left) + "01010" + "".join(right) + "101"


def _inverted(pattern: str) -> str:
    return pattern.translate({ord("0"): "1", ord("1"): "0"})


def bar_boxes(modules: str, module: float, height: float) -> Iterator[Box]:
    """Dark runs (x, y, width, height) of a linear code."""
    start = None
    for index, dark in enumerate(f"{modules}0"):
        if dark == "1" and start is None:
            start = index
        elif dark == "0" and start is not None:
            yield start * module, 0.0, (index - start) * module, height
            start = None
