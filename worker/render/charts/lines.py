"""Lines and areas."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from shared.reports.blocks import Chart, ChartSeries
from worker.render import theme
from worker.render.charts.labels import SIZE
from worker.render.charts.plot import Plot
from worker.render.page import Pages

Point = tuple[float, float]
#: points between two names at the ends of lines
_NAMES_APART = 9.0
#: widest name that stands at the end of its line instead of in the legend
_WIDEST_NAME = 90.0
_MOST_NAMED = 5
#: up to so many positions every value has a dot
_MOST_DOTS = 16
_AREA_TINT = 0.35


def line_parts(values: Sequence[float | None], plot: Plot) -> list[list[Point]]:
    """The points of a line, in parts where values are missing."""
    parts: list[list[Point]] = [[]]
    for index, value in enumerate(values):
        if value is None:
            if parts[-1]:
                parts.append([])
        else:
            parts[-1].append((plot.x(index), plot.y(value)))
    return [part for part in parts if part]


def dot(x: float, y: float, width: float) -> str:
    """Path of a dot: a line of no length with round ends."""
    return f"{x:.2f} {y:.2f} m {x:.2f} {y:.2f} l"


def draw_lines(pages: Pages, chart: Chart, plot: Plot) -> None:
    """One line per series, dots where there are few values or one stands alone."""
    for number, line in enumerate(chart.series):
        color = pages.theme.series(number)
        parts = line_parts(line.values, plot)
        for part in parts:
            if len(part) > 1:
                pages.line(part, color, 1.6)
        dots = [point for part in parts for point in part if len(part) == 1 or plot.count <= _MOST_DOTS]
        draw_dots(pages, dots, color, 3.6)


def draw_dots(pages: Pages, points: Sequence[Point], color: str, size: float) -> None:
    """Filled circles of that diameter."""
    if points:
        path = "\n".join(dot(x, y, size) for x, y in points)
        pages.ops.append(f"{color} RG {size:g} w 1 J {path} S")


def end_names(pages: Pages, series: Sequence[ChartSeries], plot_height: float, span: float) -> bool:
    """Whether the lines' names can stand at their ends, none over another."""
    if not 1 < len(series) <= _MOST_NAMED or span <= 0:
        return False
    ends = []
    for line in series:
        if not line.values or line.values[-1] is None or not line.name:
            return False
        if pages.regular.width(line.name, SIZE) > min(_WIDEST_NAME, pages.width * 0.25):
            return False
        ends.append(line.values[-1] / span * plot_height)
    ends.sort()
    return all(high - low >= _NAMES_APART for low, high in pairwise(ends))


def draw_end_names(pages: Pages, series: Sequence[ChartSeries], plot: Plot) -> None:
    """Each name beside the last value of its line."""
    for number, line in enumerate(series):
        value = line.values[-1]
        if value is not None:
            x = plot.x(plot.count - 1) + 6
            color = pages.theme.series(number)
            pages.text(x, plot.y(value) - 2.6, line.name, size=SIZE, color=color, font=pages.bold)


def area_bands(series: Sequence[ChartSeries], count: int) -> list[list[tuple[float, float]]]:
    """For each series the lower and upper value at each position, each series upon the one before."""
    base = [0.0] * count
    bands = []
    for line in series:
        band = []
        for index, value in enumerate(line.values):
            upper = base[index] + (value or 0.0)
            band.append((base[index], upper))
            base[index] = upper
        bands.append(band)
    return bands


def draw_areas(pages: Pages, chart: Chart, plot: Plot) -> None:
    """Filled bands upon each other, each with its upper edge as a line."""
    for number, band in enumerate(area_bands(chart.series, plot.count)):
        color = pages.theme.series(number)
        upper = [(plot.x(index), plot.y(high)) for index, (_, high) in enumerate(band)]
        lower = [(plot.x(index), plot.y(low)) for index, (low, _) in enumerate(band)]
        if len(upper) == 1:
            draw_dots(pages, upper, color, 4)
            continue
        path = " ".join(
            f"{x:.2f} {y:.2f} {'l' if index else 'm'}" for index, (x, y) in enumerate([*upper, *lower[::-1]])
        )
        pages.ops.append(f"{theme.mixed(color, _AREA_TINT)} rg {path} f")
        pages.line(upper, color, 1.3)
