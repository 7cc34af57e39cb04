"""Parts of a whole: pie and donut, with a list of all parts beside them."""

from __future__ import annotations

import math
from collections.abc import Sequence

from shared.reports.blocks import Chart
from worker.render.charts.scales import Marks
from worker.render.page import Pages
from worker.render.text import shorten

_ROW = 14.0
_SIZE = 8.0
_HOLE = 0.58
#: points
_WIDEST = 190.0
_LEGEND_NAME = "the legend of a chart"


def slices(values: Sequence[float]) -> list[tuple[float, float]]:
    """Start and end of each part in radians, clockwise from the top; parts of nothing are empty."""
    largest = max(values, default=0.0)
    if largest <= 0:
        return [(0.0, 0.0)] * len(values)
    shares = [value / largest for value in values]
    whole = math.fsum(shares)
    found, angle, passed = [], 0.0, 0.0
    for share in shares:
        passed += share
        end = 2 * math.pi * min(passed / whole, 1.0)
        found.append((angle, end))
        angle = end
    return found


def arc(x: float, y: float, radius: float, start: float, end: float) -> list[str]:
    """Bézier curves of an arc that goes clockwise from the top, the pen being at its start."""
    count = max(1, math.ceil(abs(end - start) / (math.pi / 2) - 1e-9))
    part = (end - start) / count
    reach = 4 / 3 * math.tan(part / 4) * radius
    curves = []
    for index in range(count):
        a, b = start + index * part, start + (index + 1) * part
        ax, ay = x + radius * math.sin(a), y + radius * math.cos(a)
        bx, by = x + radius * math.sin(b), y + radius * math.cos(b)
        numbers = (
            *(ax + reach * math.cos(a), ay - reach * math.sin(a)),
            *(bx - reach * math.cos(b), by + reach * math.sin(b), bx, by),
        )
        curves.append(" ".join(f"{number:.2f}" for number in numbers) + " c")
    return curves


def slice_path(x: float, y: float, radius: float, hole: float, start: float, end: float) -> str:
    """The closed outline of a part; with a hole it is a piece of a ring."""

    def at(r: float, angle: float) -> str:
        return f"{x + r * math.sin(angle):.2f} {y + r * math.cos(angle):.2f}"

    path = [f"{at(radius, start)} m", *arc(x, y, radius, start, end)]
    if hole > 0:
        path += [f"{at(hole, end)} l", *arc(x, y, hole, end, start)]
    elif end - start < 2 * math.pi - 1e-9:
        path.append(f"{x:.2f} {y:.2f} l")
    return " ".join((*path, "h"))


def pie_height(chart: Chart, asked: float) -> float:
    """Height of the drawing: of the circle, or of the list when that is longer."""
    return max(min(asked, _WIDEST), min(len(chart.labels) * _ROW + 4, 480))


def draw_pie(pages: Pages, chart: Chart, marks: Marks, height: float, asked: float) -> None:
    """The circle at the left, its parts with value and share at the right."""
    values = [max(value or 0.0, 0.0) for value in chart.series[0].values]
    radius = min(asked, height, _WIDEST, pages.width * 0.45) / 2 - 4
    x, y = pages.left + radius + 2, pages.y - height / 2
    hole = radius * _HOLE if chart.kind == "donut" else 0.0
    for number, (start, end) in enumerate(slices(values)):
        if end > start:
            path = slice_path(x, y, radius, hole, start, end)
            # thin white outlines keep neighbours apart
            pages.ops.append(f"1 1 1 RG 1 w 1 j {pages.theme.series(number)} rg {path} B")
    if not any(values):
        pages.ops.append(f"{pages.theme.rule} RG 1 w {slice_path(x, y, radius, hole, 0, 2 * math.pi)} S")
    if hole:
        _draw_sum(pages, values, marks, (x, y, hole))
    _draw_list(pages, chart, values, marks, x + radius + 18, height)


def _draw_sum(pages: Pages, values: list[float], marks: Marks, hole: tuple[float, float, float]) -> None:
    x, y, radius = hole
    text = marks.value(math.fsum(values))
    size = min(14.0, 14.0 * radius * 1.6 / max(pages.bold.width(text, 14), 0.01))
    if size >= 6:
        ink = pages.theme.ink
        pages.text(x, y - size * 0.34, text, font=pages.bold, size=size, color=ink, align="center")


def _draw_list(
    pages: Pages, chart: Chart, values: list[float], marks: Marks, left: float, height: float
) -> None:
    whole = math.fsum(value / 2 for value in values) * 2
    most = int((height - 4) / _ROW)
    shown = len(values) if len(values) <= most else most - 1
    texts = [marks.value(value) for value in values[:shown]]
    shares = [marks.formats.percent(value / whole) if whole else "–" for value in values[:shown]]
    share_width = max((pages.regular.width(text, _SIZE) for text in shares), default=0.0)
    value_width = max((pages.regular.width(text, _SIZE) for text in texts), default=0.0)
    name_room = pages.right - left - 14 - share_width - value_width - 24
    names = [
        pages.fitted(label, pages.regular, _SIZE, max(name_room, 12), _LEGEND_NAME)
        for label in chart.labels[:shown]
    ]
    name_width = max((pages.regular.width(name, _SIZE) for name in names), default=0.0)
    right = min(pages.right, left + 14 + max(name_width, 60) + value_width + share_width + 28)
    rows = shown + (shown < len(values))
    y = pages.y - (height - rows * _ROW) / 2 - 10
    for number, name in enumerate(names):
        pages.rect(left, y - 0.5, 7, 7, pages.theme.series(number))
        pages.text(left + 13, y, name, size=_SIZE, color=pages.theme.ink)
        pages.text(right, y, shares[number], size=_SIZE, color=pages.theme.muted, align="right")
        x = right - share_width - 12
        pages.text(x, y, texts[number], size=_SIZE, color=pages.theme.ink, align="right")
        y -= _ROW
    if shown < len(values):
        pages.warnings[f"{_LEGEND_NAME} was cut to fit"] = None
        more = shorten(f"+ {len(values) - shown:,} more", pages.regular, _SIZE, 120)
        pages.text(left + 13, y, more, size=_SIZE, color=pages.theme.muted)
