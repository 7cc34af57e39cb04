"""The blocks other than tables and charts, drawn at the cursor."""

from __future__ import annotations

from shared.reports.blocks import (
    Callout,
    Heading,
    KeyValue,
    Metric,
    Metrics,
    Paragraph,
    SideBySide,
    Totals,
)
from worker.render import theme
from worker.render.fonts import Font
from worker.render.page import Pages
from worker.render.text import wrap

_CARD_HEIGHT = 66.0
_CARD_GAP = 10.0
_CARDS_PER_ROW = 4


def draw_lines(pages: Pages, text: str, font: Font, size: float, color: str) -> None:
    """Wrapped text from the cursor down, over pages when it must."""
    leading = size * theme.LEADING
    for line in wrap(text, font, size, pages.width):
        pages.need(leading)
        pages.text(pages.left, pages.y - size, line, font=font, size=size, color=color)
        pages.y -= leading


def draw_title(pages: Pages, title: str, subtitle: str) -> None:
    """The report's own title, on the first page."""
    pages.y = pages.page_size[1] - 44
    draw_lines(pages, title, pages.bold, theme.TITLE_SIZE, theme.INK)
    if subtitle.strip():
        pages.y -= 1
        draw_lines(pages, subtitle, pages.regular, 11.5, theme.MUTED)
    pages.y -= theme.GAP


def draw_heading(pages: Pages, block: Heading) -> None:
    """A section's title."""
    draw_lines(pages, block.text, pages.bold, theme.HEADING_SIZE, theme.INK)
    pages.y -= 5


def draw_paragraph(pages: Pages, block: Paragraph) -> None:
    """Running text, in lines short enough to read."""
    color, size = (theme.MUTED, 8.5) if block.muted else (theme.INK, theme.BODY_SIZE)
    draw_lines(pages, block.text, pages.regular, size, color)


def draw_callout(pages: Pages, block: Callout) -> None:
    """Text on a tint with a bar at its left; a part of it on each page when it is long."""
    size = theme.BODY_SIZE
    leading = size * theme.LEADING
    lines = wrap(block.text, pages.regular, size, pages.width - 26)
    while lines:
        pages.need(leading + 14)
        count = max(1, min(len(lines), int((pages.room - 14) / leading)))
        height = count * leading + 13
        pages.rect(pages.left, pages.y - height, pages.width, height, theme.TINTS[block.tone])
        pages.rect(pages.left, pages.y - height, 3, height, theme.TONES[block.tone])
        for index, line in enumerate(lines[:count]):
            pages.text(pages.left + 14, pages.y - 6.5 - size - index * leading, line)
        pages.y -= height
        lines = lines[count:]


def draw_key_value(pages: Pages, block: KeyValue) -> None:
    """Small labels with their values below, in columns."""
    width = (pages.width - (block.columns - 1) * 16) / block.columns
    for start in range(0, len(block.items), block.columns):
        row = block.items[start : start + block.columns]
        values = [wrap(value, pages.regular, theme.BODY_SIZE, width) for _, value in row]
        labels = [wrap(label, pages.regular, theme.SMALL_SIZE, width) for label, _ in row]
        if max(map(len, values)) > 6 or max(map(len, labels)) > 2:
            _draw_long_values(pages, row)
            continue
        _draw_value_row(pages, labels, values, width)


def _draw_long_values(pages: Pages, row: tuple[tuple[str, str], ...]) -> None:
    for label, value in row:
        draw_lines(pages, label, pages.regular, theme.SMALL_SIZE, theme.MUTED)
        draw_lines(pages, value, pages.regular, theme.BODY_SIZE, theme.INK)
        pages.y -= 5


def _draw_value_row(pages: Pages, labels: list[list[str]], values: list[list[str]], width: float) -> None:
    small, body = theme.SMALL_SIZE * theme.LEADING, theme.BODY_SIZE * theme.LEADING
    heights = [len(label) * small + len(value) * body for label, value in zip(labels, values, strict=True)]
    pages.need(max(heights) + 6)
    for index, (label, value) in enumerate(zip(labels, values, strict=True)):
        x, y = pages.left + index * (width + 16), pages.y
        for line in label:
            pages.text(x, y - theme.SMALL_SIZE, line, size=theme.SMALL_SIZE, color=theme.MUTED)
            y -= small
        for line in value:
            pages.text(x, y - theme.BODY_SIZE, line)
            y -= body
    pages.y -= max(heights) + 6


def draw_metrics(pages: Pages, block: Metrics) -> None:
    """Cards side by side, up to four in a row."""
    items = block.items
    rows = -(-len(items) // _CARDS_PER_ROW)
    per_row = -(-len(items) // rows) if rows else 1
    columns = max(per_row, 2)
    width = (pages.width - (columns - 1) * _CARD_GAP) / columns
    for start in range(0, len(items), per_row):
        row = items[start : start + per_row]
        height = max(_card_height(pages, item, width) for item in row)
        pages.need(height)
        for index, item in enumerate(row):
            _draw_card(pages, item, pages.left + index * (width + _CARD_GAP), width, height)
        pages.y -= height + (_CARD_GAP if start + per_row < len(items) else 0)


def _card_lines(pages: Pages, item: Metric, width: float) -> tuple[list[str], float, list[str]]:
    """Label lines, and the value in the largest size in which it takes one line, else broken into lines."""
    label = wrap(item.label, pages.regular, 8, width - 22)
    for size in (17.0, 14.0, 11.5, 9.5):
        value = wrap(item.value, pages.bold, size, width - 22)
        if len(value) == 1:
            break
    return label, size, value


def _card_height(pages: Pages, item: Metric, width: float) -> float:
    label, size, value = _card_lines(pages, item, width)
    extra = (len(label) - 1) * 11 + (len(value) - 1) * size * 1.3
    base = _CARD_HEIGHT if item.change or item.detail else _CARD_HEIGHT - 16
    return min(base + extra, pages.top - pages.bottom)


def _draw_card(pages: Pages, item: Metric, x: float, width: float, height: float) -> None:
    label, size, value = _card_lines(pages, item, width)
    top = pages.y
    pages.rect(x, top - height, width, height, theme.CARD)
    pages.rect(x, top - height, 2.5, height, theme.ACCENT)
    y = top - 16
    floor = top - height + 6
    for line in label:
        if y > floor:
            pages.text(x + 12, y, line, size=8, color=theme.MUTED)
        y -= 11
    y -= 9
    for line in value:
        if y > floor:
            pages.text(x + 12, y, line, font=pages.bold, size=size)
        y -= size * 1.3
    if y + size * 1.3 <= floor:
        pages.warnings["the text of a card was cut to fit"] = None
    _draw_change(pages, item, x + 12, top - height + 9, width - 20)


def _draw_change(pages: Pages, item: Metric, x: float, y: float, width: float) -> None:
    if item.change:
        pages.text(x, y, item.change, font=pages.bold, size=8, color=theme.TONES[item.tone])
        used = pages.bold.width(item.change, 8) + 5
        x, width = x + used, width - used
    if item.detail:
        size = 7.5
        needed = pages.regular.width(item.detail, size)
        if needed > width:
            size = max(size * width / needed, 5.0)
        detail = pages.fitted(item.detail, pages.regular, size, width + 1, "a detail on a card")
        pages.text(x, y, detail, size=size, color=theme.MUTED)


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
            pages.line([(left, pages.y - 2), (pages.right, pages.y - 2)], theme.ACCENT, 0.9)
            pages.y -= 6
        pages.need(leading)
        lines = wrap(value, font, size, pages.right - left - 100)
        shown = pages.fitted(label, font, size, 95, "the label of a total")
        pages.text(left, pages.y - size, shown, font=font, size=size)
        for line in lines:
            pages.need(leading)
            pages.text(pages.right, pages.y - size, line, font=font, size=size, align="right")
            pages.y -= leading


def draw_side_by_side(pages: Pages, block: SideBySide) -> None:
    """Groups of paragraphs next to each other; one below the other when they are too tall for that."""
    gap = 24.0
    width = (pages.width - gap * (len(block.groups) - 1)) / len(block.groups)
    laid = [[_styled(pages, part, width) for part in group] for group in block.groups]
    heights = [sum(len(lines) * size * theme.LEADING for lines, size, _ in group) for group in laid]
    if max(heights) > pages.top - pages.bottom:
        for group in block.groups:
            for part in group:
                draw_lines(pages, _words(part), pages.regular, theme.BODY_SIZE, theme.INK)
            pages.y -= 6
        return
    pages.need(max(heights))
    for index, styled in enumerate(laid):
        y = pages.y
        for lines, size, color in styled:
            for line in lines:
                pages.text(pages.left + index * (width + gap), y - size, line, size=size, color=color)
                y -= size * theme.LEADING
    pages.y -= max(heights)


def _styled(pages: Pages, part: Heading | Paragraph | KeyValue, width: float) -> tuple[list[str], float, str]:
    muted = isinstance(part, Paragraph) and part.muted
    size = 8.0 if muted else theme.BODY_SIZE
    return wrap(_words(part), pages.regular, size, width), size, theme.MUTED if muted else theme.INK


def _words(part: Heading | Paragraph | KeyValue) -> str:
    if isinstance(part, KeyValue):
        return "\n".join(f"{label}: {value}" for label, value in part.items)
    return part.text
