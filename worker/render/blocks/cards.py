"""Figures on cards."""

from __future__ import annotations

from itertools import repeat

from shared.reports.blocks import Metric, Metrics
from worker.render import theme
from worker.render.charts.spark import draw_spark
from worker.render.frames import scaled
from worker.render.page import Pages
from worker.render.text import wrap

#: of a card: lines of the label, size of the value, lines of the value
_Lines = tuple[list[str], float, list[str]]
_HEIGHT = 66.0
_GAP = 10.0
_PER_ROW = 4
_TREND_WIDTH = 38.0
_TREND_HEIGHT = 13.0
#: points
_NARROWEST = 84.0
_NARROWEST_WITH_TREND = 108.0


def draw_metrics(pages: Pages, block: Metrics) -> None:
    """Cards side by side, up to four in a row, as large as the theme's type."""
    items, scale = block.items, pages.theme.scale
    room = pages.width / scale
    narrowest = _NARROWEST_WITH_TREND if any(item.trend for item in items) else _NARROWEST
    most = max(1, min(_PER_ROW, int((room + _GAP) / (narrowest + _GAP))))
    rows = -(-len(items) // most)
    per_row = -(-len(items) // rows) if rows else 1
    columns = min(max(per_row, 2), most) if most > 1 else 1
    width = (room - (columns - 1) * _GAP) / columns
    for start in range(0, len(items), per_row):
        row = items[start : start + per_row]
        with scaled(pages):
            lines = [_card_lines(pages, item, width) for item in row]
            height = max(map(_card_height, repeat(pages), row, lines))
        pages.need(height * scale)
        with scaled(pages):
            for index, (item, shown) in enumerate(zip(row, lines, strict=True)):
                left = pages.left + index * (width + _GAP)
                _draw_card(pages, item, shown, (left, width, height))
            pages.y -= height + (_GAP if start + per_row < len(items) else 0)


def _card_lines(pages: Pages, item: Metric, width: float) -> _Lines:
    """Label lines, and the value in the largest size in which it takes one line, else broken into lines."""
    label = wrap(item.label, pages.regular, 8, width - 22 - (_TREND_WIDTH + 6 if item.trend else 0))
    room = width - 22
    for size in (17.0, 14.0, 11.5, 9.5):
        value = wrap(item.value, pages.bold, size, room)
        if len(value) == 1:
            break
    return label, size, value


def _card_height(pages: Pages, item: Metric, lines: _Lines) -> float:
    label, size, value = lines
    extra = (len(label) - 1) * 11 + (len(value) - 1) * size * 1.3
    base = _HEIGHT if item.change or item.detail else _HEIGHT - 16
    return min(base + extra, pages.top - pages.bottom)


def _draw_card(pages: Pages, item: Metric, lines: _Lines, place: tuple[float, float, float]) -> None:
    """A card; `place`: its left edge, width and height."""
    label, size, value = lines
    x, width, height = place
    top = pages.y
    pages.rect(x, top - height, width, height, pages.theme.card)
    pages.rect(x, top - height, 2.5, height, pages.theme.accent)
    y = top - 16
    # a change or a detail stands below the value
    floor = top - height + (20 if item.change or item.detail else 6)
    for line in label:
        if y > floor:
            pages.text(x + 12, y, line, size=8, color=pages.theme.muted)
        y -= 11
    y -= 9
    if item.trend:
        left = pages.physical(x + width - _TREND_WIDTH - 10, _TREND_WIDTH)
        box = (left, top - 21, _TREND_WIDTH, _TREND_HEIGHT)
        pages.ops.extend(draw_spark(item.trend, box, pages.theme.accent))
    for line in value:
        if y > floor:
            pages.text(x + 12, y, line, font=pages.bold, size=size, color=pages.theme.ink)
        y -= size * 1.3
    if y + size * 1.3 <= floor:
        pages.warnings["the text of a card was cut to fit"] = None
    _draw_change(pages, item, x + 12, top - height + 9, width - 20)


def _draw_change(pages: Pages, item: Metric, x: float, y: float, width: float) -> None:
    if item.change:
        color = pages.theme.tone(item.tone)
        change, used = pages.fitted_width(item.change, pages.bold, 8, width, "a change on a card")
        pages.text(x, y, change, font=pages.bold, size=8, color=color)
        used += 5
        x, width = x + used, width - used
    if item.detail:
        size = theme.SMALL_SIZE
        needed = pages.regular.width(item.detail, size)
        if needed > width > 0:
            size = max(size * width / needed, 5.0)
        detail = pages.fitted(item.detail, pages.regular, size, width + 1, "a detail on a card")
        pages.text(x, y, detail, size=size, color=pages.theme.muted)
