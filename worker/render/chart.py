"""Charts: columns, horizontal bars, lines. Labels never overlap: they are thinned out or shortened."""

from __future__ import annotations

import math
from collections.abc import Iterator

from shared.reports.blocks import Chart
from worker.render import theme
from worker.render.page import Pages
from worker.render.scales import Scale, brief, scale_for
from worker.render.text import shorten

_HEIGHT = 150.0
_LEGEND = 18.0
_BAR = 19.0
_SIZE = 7.5
_LABEL = "a label of a chart"
_LEGEND_NAME = "the legend of a chart"
#: more bars than this are drawn as columns
MAX_BARS = 24
#: values beyond this can't be drawn to scale
_LIMIT = 1e290
#: values nearer to zero than this are drawn as zero
_NOTHING = 1e-200


def chart_height(chart: Chart) -> float:
    """Height of a chart in points."""
    legend = _LEGEND if len(chart.series) > 1 else 0.0
    if _is_bars(chart):
        return len(chart.labels) * _BAR + 4
    return _HEIGHT + legend


def draw_chart(pages: Pages, chart: Chart) -> str | None:
    """Draw a chart at the cursor, the caller having made sure of the room; returns a warning or None."""
    given = chart
    chart = _drawable(chart)
    if _is_bars(chart):
        _draw_bars(pages, chart)
    else:
        _draw_plot(pages, chart)
    left_out = sum(1 for _ in _values(given)) - sum(1 for _ in _values(chart))
    return f"{left_out:,} values are too large to be drawn in a chart" if left_out else None


def _is_bars(chart: Chart) -> bool:
    return chart.kind == "bars" and len(chart.labels) <= MAX_BARS


def _drawable(chart: Chart) -> Chart:
    """The chart without values that no axis can hold."""
    series = tuple(
        type(line)(line.name, tuple(_within(value) for value in line.values)) for line in chart.series
    )
    return Chart(chart.kind, chart.labels, series, chart.title, chart.currency)


def _within(value: float | None) -> float | None:
    if value is None or abs(value) > _LIMIT:
        return None
    return float(value) if abs(value) > _NOTHING else 0.0


def _values(chart: Chart) -> Iterator[float]:
    return (value for line in chart.series for value in line.values if value is not None)


def _draw_bars(pages: Pages, chart: Chart) -> None:
    """One bar per label with its value written at its end."""
    values = [value or 0.0 for value in chart.series[0].values]
    scale = scale_for(values, from_zero=True)
    texts = [brief(value, chart.currency) for value in values]
    font = pages.regular
    label_width = (
        min(max(font.width(pages.fitted(label, font, 8.5, 150, _LABEL), 8.5) for label in chart.labels), 150)
        + 10
    )
    value_width = max(font.width(text, 8.5) for text in texts) + 8
    left = pages.left + label_width + (value_width if min(values) < 0 else 0)
    plot = pages.right - left - value_width
    low, high = min(*values, 0.0), max(*values, 0.0)
    span = Scale(low, high, scale.step) if high / 2 > low / 2 else scale
    zero = left + plot * span.position(0.0)
    for label, value, text in zip(chart.labels, values, texts, strict=True):
        y = pages.y - _BAR
        end = left + plot * span.position(value)
        pages.text(pages.left, y + 6, shorten(label, font, 8.5, label_width - 10), size=8.5)
        pages.rect(min(zero, end), y + 3, max(abs(end - zero), 0.6), _BAR - 7, theme.ACCENT)
        where = "right" if value < 0 else "left"
        pages.text(end + (-4 if value < 0 else 4), y + 6, text, size=8.5, color=theme.MUTED, align=where)
        pages.y = y
    pages.y -= 4


def _draw_plot(pages: Pages, chart: Chart) -> None:
    """Columns or lines over a horizontal axis of labels."""
    if len(chart.series) > 1:
        _draw_legend(pages, chart)
    scale = scale_for(_values(chart), from_zero=chart.kind != "line")
    marks = [brief(tick, chart.currency, scale.step) for tick in scale.ticks()]
    axis_width = max(pages.regular.width(mark, _SIZE) for mark in marks) + 8
    left, right = pages.left + axis_width, pages.right
    top, foot = pages.y - 6, pages.y - _HEIGHT + 22
    for tick, mark in zip(scale.ticks(), marks, strict=True):
        y = foot + (top - foot) * scale.position(tick)
        pages.line([(left, y), (right, y)], theme.RULE if tick else "0.62 0.66 0.71", 0.5)
        pages.text(left - 6, y - 2.6, mark, size=_SIZE, color=theme.MUTED, align="right")
    step = (right - left) / len(chart.labels)
    _draw_labels(pages, chart.labels, left, step, foot)
    if chart.kind == "line":
        _draw_lines(pages, chart, scale, (left, step, foot, top))
    else:
        _draw_columns(pages, chart, scale, (left, step, foot, top))
    pages.y -= _HEIGHT


def _draw_legend(pages: Pages, chart: Chart) -> None:
    x, y = pages.left, pages.y - 10
    for index, line in enumerate(chart.series):
        name = pages.fitted(line.name, pages.regular, 8, 150, _LEGEND_NAME)
        width = pages.regular.width(name, 8) + 28
        if x + width > pages.right - 50:
            left_out = f"+ {len(chart.series) - index} more"
            pages.warnings[f"{_LEGEND_NAME} was cut to fit"] = None
            pages.text(pages.right, y, left_out, size=8, color=theme.MUTED, align="right")
            break
        pages.rect(x, y, 8, 6, theme.PALETTE[index % len(theme.PALETTE)])
        pages.text(x + 12, y - 0.5, name, size=8, color=theme.MUTED)
        x += width
    pages.y -= _LEGEND


def _draw_labels(pages: Pages, labels: tuple[str, ...], left: float, step: float, foot: float) -> None:
    """Under the axis, every n-th so that each has room."""
    font = pages.regular
    shown = [pages.fitted(label, font, _SIZE, 84, _LABEL) for label in labels]
    widest = max(font.width(label, _SIZE) for label in shown) + 6
    every = max(1, math.ceil(widest / step))
    for index in range(0, len(shown), every):
        middle = left + step * (index + 0.5)
        half = font.width(shown[index], _SIZE) / 2
        middle = min(max(middle, pages.left + half), pages.right - half)
        pages.text(middle, foot - 12, shown[index], size=_SIZE, color=theme.MUTED, align="center")


def _draw_columns(pages: Pages, chart: Chart, scale: Scale, frame: tuple[float, float, float, float]) -> None:
    left, step, foot, top = frame
    group = min(step * 0.68, 46.0 * len(chart.series))
    width = group / len(chart.series)
    zero = foot + (top - foot) * scale.position(0.0)
    for number, line in enumerate(chart.series):
        boxes = []
        for index, value in enumerate(line.values):
            if value is None:
                continue
            x = left + step * (index + 0.5) - group / 2 + number * width
            y = foot + (top - foot) * scale.position(value)
            boxes.append(f"{x:.2f} {min(y, zero):.2f} {width * 0.94:.2f} {abs(y - zero):.2f} re")
        if boxes:
            color = theme.PALETTE[number % len(theme.PALETTE)]
            pages.ops.append(f"{color} rg " + "\n".join(boxes) + " f")


def _draw_lines(pages: Pages, chart: Chart, scale: Scale, frame: tuple[float, float, float, float]) -> None:
    left, step, foot, top = frame
    for number, line in enumerate(chart.series):
        color = theme.PALETTE[number % len(theme.PALETTE)]
        points: list[tuple[float, float]] = []
        for index, value in enumerate((*line.values, None)):
            if value is not None:
                y = foot + (top - foot) * scale.position(value)
                points.append((left + step * (index + 0.5), y))
                continue
            if len(points) == 1:
                points.append((points[0][0] + 0.1, points[0][1]))
            if points:
                pages.line(points, color, 1.6)
            points = []
