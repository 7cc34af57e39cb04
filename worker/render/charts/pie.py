"""Parts of a whole: pie and donut, with a list of all parts beside them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from shared.reports.blocks import Chart
from worker.render.charts.scales import Marks
from worker.render.page import Pages

_ROW = 14.0
_SIZE = 8.0
_HOLE = 0.58
#: of a part's width at the rim
_OUTLINE = 0.15
#: points
_WIDEST = 190.0
_WIDEST_NAME = 170.0
_MOST_ROWS = 30
#: between circle and list
_GAP = 18.0
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


@dataclass(frozen=True, slots=True)
class _List:
    """The parts with value and share, as they are listed."""

    names: tuple[str, ...]
    texts: tuple[str, ...]
    shares: tuple[str, ...]
    #: widest of each in points
    widths: tuple[float, float, float]

    @property
    def width(self) -> float:
        """In one line: square, name, value, share."""
        return 13 + self.widths[0] + 14 + self.widths[1] + 12 + self.widths[2]


def _listed(pages: Pages, chart: Chart, marks: Marks) -> _List:
    values = _values(chart)
    whole = math.fsum(value / 2 for value in values) * 2
    texts = tuple(marks.value(value) for value in values)
    shares = tuple(marks.formats.percent(value / whole) if whole else "–" for value in values)
    text_width, share_width = _widest(pages, texts), _widest(pages, shares)
    room = pages.width - 13 - 14 - text_width - 12 - share_width
    names = tuple(
        pages.fitted(label, pages.regular, _SIZE, min(max(room, 12.0), _WIDEST_NAME), _LEGEND_NAME)
        for label in chart.labels
    )
    return _List(names, texts, shares, (_widest(pages, names), text_width, share_width))


def _widest(pages: Pages, texts: Sequence[str]) -> float:
    return max((pages.regular.width(text, _SIZE) for text in texts), default=0.0)


def _values(chart: Chart) -> list[float]:
    return [max(value or 0.0, 0.0) for value in chart.series[0].values]


def _diameter(pages: Pages, asked: float) -> float:
    return min(asked, _WIDEST, pages.width - 4)


def _is_beside(pages: Pages, listed: _List, asked: float) -> bool:
    """The list stands at the right of the circle when there is room for its names, else below."""
    return _diameter(pages, asked) + _GAP + listed.width <= pages.width


def pie_height(pages: Pages, chart: Chart, marks: Marks, asked: float) -> float:
    """Height of circle and list in the current frame."""
    listed = _listed(pages, chart, marks)
    rows = min(len(listed.names), _MOST_ROWS) * _ROW + 4
    circle = _diameter(pages, asked)
    return max(circle, rows) if _is_beside(pages, listed, asked) else circle + 8 + rows


def draw_pie(pages: Pages, chart: Chart, marks: Marks, asked: float) -> None:
    """The circle, and its parts with value and share beside or below it."""
    listed, values = _listed(pages, chart, marks), _values(chart)
    height, circle = pie_height(pages, chart, marks, asked), _diameter(pages, asked)
    beside = _is_beside(pages, listed, asked)
    radius = circle / 2 - 4
    x = pages.left + radius + 2 if beside else (pages.left + pages.right) / 2
    y = pages.y - (height / 2 if beside else circle / 2)
    hole = radius * _HOLE if chart.kind == "donut" else 0.0
    for number, (start, end) in enumerate(slices(values)):
        if end > start:
            path = slice_path(x, y, radius, hole, start, end)
            # thin white outlines keep neighbours apart where they leave something of the part
            outline = min(1.0, (end - start) * radius * _OUTLINE)
            pages.ops.append(f"1 1 1 RG {outline:.2f} w 1 j {pages.theme.series(number)} rg {path} B")
    if not any(values):
        pages.ops.append(f"{pages.theme.rule} RG 1 w {slice_path(x, y, radius, hole, 0, 2 * math.pi)} S")
    if hole:
        _draw_sum(pages, values, marks, (x, y, hole))
    if beside:
        rows = min(len(values), _MOST_ROWS) * _ROW
        _draw_list(pages, listed, x + radius + _GAP, pages.y - (height - rows) / 2)
    else:
        _draw_list(pages, listed, pages.left, pages.y - circle - 8)


def _draw_sum(pages: Pages, values: list[float], marks: Marks, hole: tuple[float, float, float]) -> None:
    x, y, radius = hole
    text = marks.value(math.fsum(values))
    size = min(14.0, 14.0 * radius * 1.6 / max(pages.bold.width(text, 14), 0.01))
    if size >= 6:
        ink = pages.theme.ink
        pages.text(x, y - size * 0.34, text, font=pages.bold, size=size, color=ink, align="center")


def _draw_list(pages: Pages, listed: _List, left: float, top: float) -> None:
    count = len(listed.names)
    shown = count if count <= _MOST_ROWS else _MOST_ROWS - 1
    right = min(pages.right, left + max(listed.width, 150.0))
    y = top - 10
    for number in range(shown):
        pages.rect(left, y - 0.5, 7, 7, pages.theme.series(number))
        pages.text(left + 13, y, listed.names[number], size=_SIZE, color=pages.theme.ink)
        pages.text(right, y, listed.shares[number], size=_SIZE, color=pages.theme.muted, align="right")
        x = right - listed.widths[2] - 12
        pages.text(x, y, listed.texts[number], size=_SIZE, color=pages.theme.ink, align="right")
        y -= _ROW
    if shown < count:
        pages.warnings[f"{_LEGEND_NAME} was cut to fit"] = None
        pages.text(left + 13, y, f"+ {count - shown:,}", size=_SIZE, color=pages.theme.muted)
