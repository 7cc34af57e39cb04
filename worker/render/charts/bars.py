"""Bars: upright in groups, stacked, or lying one under the other."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence

from shared.reports.blocks import Chart, ChartSeries
from worker.render import theme
from worker.render.charts.labels import SIZE
from worker.render.charts.plot import LABEL, Plot, boxes_operator
from worker.render.charts.scales import Marks, Scale, scale_for
from worker.render.page import Pages
from worker.render.text import shorten

Box = tuple[float, float, float, float]
_BAR = 19.0
_NAME_SIZE = 8.5
_WIDEST_NAME = 150.0
#: more names than this are drawn as upright bars
MAX_BARS = 40
#: more upright bars than this have no values above them
_MOST_VALUES = 24
_WIDEST_BAR = 46.0


def bar_row_height(chart: Chart) -> float:
    """Height of one label's bars when they lie."""
    count = len(chart.series)
    return _BAR if count == 1 else 6 + 10.0 * count


def column_boxes(series: Sequence[ChartSeries], plot: Plot) -> list[list[tuple[int, Box]]]:
    """For each series its upright bars: (index of the label, box)."""
    count = len(series)
    group = min(plot.step * 0.72, _WIDEST_BAR * count)
    width = group / count
    gap = min(width * 0.08, 1.5)
    zero, wide = plot.zero, width - gap
    found = []
    for number, line in enumerate(series):
        boxes = []
        for index, value in enumerate(line.values):
            if value is not None:
                x = plot.x(index) - group / 2 + number * width + gap / 2
                y = plot.y(value)
                boxes.append((index, (x, min(y, zero), wide, abs(y - zero))))
        found.append(boxes)
    return found


def stacked_boxes(series: Sequence[ChartSeries], plot: Plot) -> list[list[tuple[int, Box]]]:
    """For each series its parts of the stacks: what is negative is stacked downwards."""
    width = min(plot.step * 0.66, _WIDEST_BAR)
    upward = [0.0] * plot.count
    downward = [0.0] * plot.count
    found = []
    for line in series:
        boxes = []
        for index, value in enumerate(line.values):
            if not value:
                continue
            ends = upward if value > 0 else downward
            start, ends[index] = ends[index], ends[index] + value
            low, high = sorted((plot.y(start), plot.y(ends[index])))
            boxes.append((index, (plot.x(index) - width / 2, low, width, high - low)))
        found.append(boxes)
    return found


def stack_sums(series: Sequence[ChartSeries]) -> list[float]:
    """Both ends of each stack."""
    sums: list[float] = []
    for values in zip(*(line.values for line in series), strict=True):
        known = [value for value in values if value is not None]
        sums += [sum(v for v in known if v > 0), sum(v for v in known if v < 0)]
    return sums


def draw_columns(pages: Pages, chart: Chart, plot: Plot, marks: Marks) -> None:
    """Upright bars, and their values above them where all of them fit."""
    groups = column_boxes(chart.series, plot)
    for number, boxes in enumerate(groups):
        if boxes:
            pages.ops.append(boxes_operator([box for _, box in boxes], pages.theme.series(number)))
    if len(chart.series) == 1:
        _draw_values(pages, chart.series[0], groups[0], plot, marks)


def _draw_values(
    pages: Pages, line: ChartSeries, boxes: list[tuple[int, Box]], plot: Plot, marks: Marks
) -> None:
    if len(boxes) > _MOST_VALUES:
        return
    texts = [marks.value(line.values[index] or 0.0) for index, _ in boxes]
    widths = [pages.regular.width(text, SIZE) for text in texts]
    if max(widths, default=0.0) > plot.step - 2:
        return
    lines = sorted([plot.y(tick) for tick in plot.ticks])
    places: list[tuple[float, float, str]] = []
    for (index, (x, y, width, height)), text, wide in zip(boxes, texts, widths, strict=True):
        below = (line.values[index] or 0.0) < 0
        baseline = y - 8 if below else y + height + 3
        if below and baseline < plot.foot:
            continue
        middle = x + width / 2
        if bisect_left(lines, baseline - 2) < bisect_right(lines, baseline + SIZE):
            # the line ends beside the text
            pages.texts(places, SIZE, pages.theme.ink)
            places.clear()
            half = wide / 2 + 1.5
            pages.rect(middle - half, baseline - 1.5, 2 * half, SIZE, theme.WHITE)
        places.append((middle - wide / 2, baseline, text))
    pages.texts(places, SIZE, pages.theme.ink)


def draw_stacks(pages: Pages, chart: Chart, plot: Plot, marks: Marks) -> None:
    """Stacked bars, and the values in the parts that have room for them."""
    for number, boxes in enumerate(stacked_boxes(chart.series, plot)):
        if not boxes:
            continue
        color = pages.theme.series(number)
        pages.ops.append(boxes_operator([box for _, box in boxes], color))
        for index, (x, y, width, height) in boxes:
            text = marks.value(chart.series[number].values[index] or 0.0)
            if height >= 11 and pages.regular.width(text, 7) <= width - 3:
                middle = y + height / 2 - 2.4
                ink = theme.ink_on(color)
                pages.text(x + width / 2, middle, text, size=7, color=ink, align="center")


def draw_bars(pages: Pages, chart: Chart, marks: Marks) -> None:
    """Lying bars with their values at their ends; the labels stand before them."""
    font = pages.regular
    values = [value for line in chart.series for value in line.values if value is not None] or [0.0]
    scale = scale_for(values, from_zero=True)
    most = min(_WIDEST_NAME, pages.width * 0.4)
    names = [pages.fitted_width(label, font, _NAME_SIZE, most, LABEL) for label in chart.labels]
    name_width = max([width for _, width in names]) + 10
    size = _NAME_SIZE if len(chart.series) == 1 else SIZE
    value_width = max([font.width(marks.value(value), size) for value in values]) + 8
    left = pages.left + name_width + (value_width if min(values) < 0 else 0)
    width = max(pages.right - left - value_width, 10.0)
    low, high = min(*values, 0.0), max(*values, 0.0)
    span = Scale(low, high, scale.step) if high / 2 > low / 2 else scale
    row = bar_row_height(chart)
    for index, (name, _) in enumerate(names):
        pages.text(pages.left, pages.y - row / 2 - 3, name, size=_NAME_SIZE, color=pages.theme.ink)
        _draw_lying(pages, chart, index, (left, width, row, size), span, marks)
        pages.y -= row
    pages.y -= 4


def _draw_lying(
    pages: Pages,
    chart: Chart,
    index: int,
    place: tuple[float, float, float, float],
    span: Scale,
    marks: Marks,
) -> None:
    left, width, row, size = place
    zero = left + width * span.position(0.0)
    count = len(chart.series)
    thick = (row - 7) if count == 1 else (row - 6) / count
    for number, line in enumerate(chart.series):
        value = line.values[index]
        if value is None:
            continue
        end = left + width * span.position(value)
        y = pages.y - 3 - (number + 1) * thick - (0.5 if count == 1 else 0)
        color = pages.theme.series(number)
        pages.rect(min(zero, end), y, max(abs(end - zero), 0.6), thick - (0 if count == 1 else 1), color)
        align, x = ("right", end - 4) if value < 0 else ("left", end + 4)
        baseline = y + thick / 2 - size * 0.34
        text = shorten(marks.value(value), pages.regular, size, width + 60)
        pages.text(x, baseline, text, size=size, color=pages.theme.muted, align=align)
