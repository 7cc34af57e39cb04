"""PyMuPDF: one TextWriter a page, rectangles in one shape a page, compressed on saving."""

from __future__ import annotations

from typing import Any

import pymupdf

from benchmarks.peers.python.pdf import (
    BAR,
    CHART,
    HEAD_COLOR,
    HEIGHT,
    MARGIN,
    ROW,
    WIDTH,
    ZEBRA,
    is_right,
    shown,
)

_PLAIN, _BOLD = pymupdf.Font("helv"), pymupdf.Font("hebo")


def render(document: dict[str, Any], target: str) -> None:
    """Writes the document."""
    out = _Out()
    out.line(document["title"], 16, _BOLD)
    for block in document["blocks"]:
        ((kind, content),) = block.items()
        _DRAW[kind](out, content)
    out.flush()
    out.file.save(target, deflate=True, garbage=2)
    out.file.close()


class _Out:
    """The page that is written to."""

    def __init__(self) -> None:
        self.file, self.page = pymupdf.open(), None
        self.new_page()

    def new_page(self) -> None:
        self.flush()
        self.page = self.file.new_page(width=WIDTH, height=HEIGHT)
        self.y, self.writer, self.shape = MARGIN, pymupdf.TextWriter(self.page.rect), self.page.new_shape()

    def flush(self) -> None:
        if self.page is not None:
            self.put(MARGIN, HEIGHT - 24, f"Page {len(self.file)}", 8, _PLAIN)
            self.shape.commit()
            self.writer.write_text(self.page)

    def room(self, height: float) -> bool:
        """Whether that fits; begins a page if not."""
        if self.y + height <= HEIGHT - MARGIN:
            return True
        self.new_page()
        return False

    def put(self, x: float, y: float, text: str, size: float, font: Any) -> None:
        self.writer.append((x, y), text, font=font, fontsize=size)

    def fill(self, x: float, y: float, width: float, height: float, color: str) -> None:
        rgb = tuple(int(color[n : n + 2], 16) / 255 for n in (1, 3, 5))
        self.shape.draw_rect(pymupdf.Rect(x, y, x + width, y + height))
        self.shape.finish(fill=rgb, color=None, width=0)

    def line(self, text: str, size: float, font: Any) -> None:
        self.room(size * 1.5)
        self.put(MARGIN, self.y + size, text, size, font)
        self.y += size * 1.5


def _text(out: _Out, text: str) -> None:
    words, line = text.split(), ""
    for word in words:
        longer = f"{line} {word}".strip()
        if _PLAIN.text_length(longer, 10) > WIDTH - 2 * MARGIN:
            out.line(line, 10, _PLAIN)
            longer = word
        line = longer
    out.line(line, 10, _PLAIN)


def _bars(out: _Out, chart: dict[str, Any]) -> None:
    out.room(CHART)
    highest, step = max(chart["values"]), (WIDTH - 2 * MARGIN) / len(chart["values"])
    for n, (label, value) in enumerate(zip(chart["labels"], chart["values"], strict=True)):
        height, x = (CHART - 40) * value / highest, MARGIN + n * step
        out.fill(x + 3, out.y + CHART - 20 - height, step - 6, height, BAR)
        out.put(x + 3, out.y + CHART - 23 - height, f"{value:,}", 7, _PLAIN)
        out.put(x + 3, out.y + CHART - 10, label, 7, _PLAIN)
    out.y += CHART


def _table(out: _Out, content: dict[str, Any]) -> None:
    formats = content["formats"]
    width = (WIDTH - 2 * MARGIN) / len(formats)
    right = [is_right(how) for how in formats]

    def line(cells: list[str], color: str | None, font: Any) -> None:
        if color:
            out.fill(MARGIN, out.y, WIDTH - 2 * MARGIN, ROW, color)
        for n, cell in enumerate(cells):
            x = MARGIN + n * width
            if right[n]:
                x += width - 3 - font.text_length(cell, 8.5)
            out.put(x, out.y + 10.5, cell, 8.5, font)
        out.y += ROW

    line(content["head"], HEAD_COLOR, _BOLD)
    for number, row in enumerate(content["rows"]):
        if not out.room(ROW):
            line(content["head"], HEAD_COLOR, _BOLD)
        line(shown(row, formats), ZEBRA if number % 2 else None, _PLAIN)


_DRAW: dict[str, Any] = {
    "text": _text,
    "heading": lambda out, text: out.line(text, 13, _BOLD),
    "bars": _bars,
    "table": _table,
}
