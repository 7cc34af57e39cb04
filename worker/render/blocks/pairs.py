"""Labels with their values: facts in columns, sums at the right edge, lines to sign on."""

from __future__ import annotations

from shared.reports.blocks import KeyValue, Signature, Totals
from worker.render import theme
from worker.render.blocks.texts import draw_lines
from worker.render.page import Pages
from worker.render.text import wrap

_GAP = 16.0
_SIGNATURE_HEIGHT = 58.0
_SIGNATURES_PER_ROW = 3
_SIGNATURE_LINES = 3


def draw_key_value(pages: Pages, block: KeyValue) -> None:
    """Small labels with their values below, in columns."""
    width = (pages.width - (block.columns - 1) * _GAP) / block.columns
    for start in range(0, len(block.items), block.columns):
        row = block.items[start : start + block.columns]
        values = [wrap(value, pages.regular, theme.BODY_SIZE, width) for _, value in row]
        labels = [wrap(label, pages.regular, theme.SMALL_SIZE, width) for label, _ in row]
        if max(map(len, values)) > 12 or max(map(len, labels)) > 2:
            _draw_long_values(pages, row)
            continue
        _draw_value_row(pages, labels, values, width)


def _draw_long_values(pages: Pages, row: tuple[tuple[str, str], ...]) -> None:
    for label, value in row:
        draw_lines(pages, label, pages.regular, theme.SMALL_SIZE, pages.theme.muted)
        draw_lines(pages, value, pages.regular, theme.BODY_SIZE, pages.theme.ink)
        pages.y -= 5


def _draw_value_row(pages: Pages, labels: list[list[str]], values: list[list[str]], width: float) -> None:
    small, body = theme.SMALL_SIZE * theme.LEADING, theme.BODY_SIZE * theme.LEADING
    heights = [len(label) * small + len(value) * body for label, value in zip(labels, values, strict=True)]
    pages.need(max(heights) + 6)
    for index, (label, value) in enumerate(zip(labels, values, strict=True)):
        x, y = pages.left + index * (width + _GAP), pages.y
        for line in label:
            pages.text(x, y - theme.SMALL_SIZE, line, size=theme.SMALL_SIZE, color=pages.theme.muted)
            y -= small
        for line in value:
            pages.text(x, y - theme.BODY_SIZE, line, color=pages.theme.ink)
            y -= body
    pages.y -= max(heights) + 6


def draw_totals(pages: Pages, block: Totals) -> None:
    """Label and amount at the right edge; the last pair bold under a line."""
    leading = theme.BODY_SIZE * 1.65
    pages.need(len(block.items) * leading + 8 if len(block.items) < 20 else leading)
    widest = max(pages.bold.width(value, 11) for _, value in block.items)
    left = max(pages.right - max(widest + 110, 230), pages.left)
    for index, (label, value) in enumerate(block.items):
        last = index == len(block.items) - 1
        font, size = (pages.bold, 11.0) if last else (pages.regular, theme.BODY_SIZE)
        if last:
            pages.line([(left, pages.y - 2), (pages.right, pages.y - 2)], pages.theme.accent, 0.9)
            pages.y -= 6
        pages.need(leading)
        lines = wrap(value, font, size, pages.right - left - 100)
        shown = pages.fitted(label, font, size, 95, "the label of a total")
        pages.text(left, pages.y - size, shown, font=font, size=size, color=pages.theme.ink)
        for line in lines:
            pages.need(leading)
            y = pages.y - size
            pages.text(pages.right, y, line, font=font, size=size, color=pages.theme.ink, align="right")
            pages.y -= leading


def _signature_lines(pages: Pages, text: str, size: float, width: float) -> list[str]:
    lines = wrap(text, pages.regular, size, width)
    return pages.first_lines(lines, _SIGNATURE_LINES, "the text under a signature line")


def draw_signature(pages: Pages, block: Signature) -> None:
    """Rules with room above them, names and functions below."""
    columns = 2 if len(block.lines) == 4 else min(len(block.lines), _SIGNATURES_PER_ROW)
    width = (pages.width - (max(columns, 2) - 1) * 28) / max(columns, 2)
    for start in range(0, len(block.lines), columns):
        row = block.lines[start : start + columns]
        names = [_signature_lines(pages, name, theme.BODY_SIZE, width) for name, _ in row]
        details = [_signature_lines(pages, detail, 8, width) for _, detail in row]
        below = max(len(name) * 13 + len(detail) * 11 for name, detail in zip(names, details, strict=True))
        pages.need(_SIGNATURE_HEIGHT - 12 + below)
        pages.y -= _SIGNATURE_HEIGHT - 18
        for index, (name, detail) in enumerate(zip(names, details, strict=True)):
            x = pages.left + index * (width + 28)
            pages.line([(x, pages.y), (x + width, pages.y)], pages.theme.muted, 0.7)
            y = pages.y - 12
            for line in name:
                pages.text(x, y, line, color=pages.theme.ink)
                y -= 13
            for line in detail:
                pages.text(x, y + 1, line, size=8, color=pages.theme.muted)
                y -= 11
        pages.y -= below + 6
