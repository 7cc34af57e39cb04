"""Points over two numeric axes."""

from __future__ import annotations

from shared.reports.blocks import Chart
from worker.render.charts.labels import SIZE
from worker.render.charts.lines import draw_dots
from worker.render.charts.plot import Plot, draw_axis_titles, draw_grid, tick_texts
from worker.render.charts.scales import Marks, Scale, scale_for, ticks_within
from worker.render.page import Pages

_TICK_APART = 17.0


def draw_scatter(pages: Pages, chart: Chart, marks: Marks, height: float) -> None:
    """Both axes with round ticks, and a dot for each point."""
    across = scale_for((x for line in chart.series for x in line.positions), from_zero=False)
    scale = scale_for((y for line in chart.series for y in line.values if y is not None), from_zero=False)
    top = pages.y - (15 if chart.y_title else 7)
    foot = pages.y - height + 16 + (12 if chart.x_title else 0)
    texts = tick_texts(pages, ticks_within(scale, top - foot, _TICK_APART), scale, marks)
    axis = max(width for _, width in texts.values()) + 8
    plot = Plot(pages.left + axis, pages.right - 6, foot, top, scale, 1)
    draw_grid(pages, plot, texts)
    _draw_across(pages, plot, across, Marks(marks.formats))
    draw_axis_titles(pages, chart, plot, pages.y - height)
    for number, line in enumerate(chart.series):
        points = [
            (plot.left + (plot.right - plot.left) * across.position(x), plot.y(y))
            for x, y in zip(line.positions, line.values, strict=True)
            if y is not None
        ]
        size = 4.2 if len(points) <= 200 else 2.6
        draw_dots(pages, points, pages.theme.series(number), size)


def _draw_across(pages: Pages, plot: Plot, across: Scale, marks: Marks) -> None:
    widest = max(pages.regular.width(marks.tick(tick, across.step), SIZE) for tick in across.ticks())
    for tick in ticks_within(across, plot.right - plot.left, widest + 8):
        x = plot.left + (plot.right - plot.left) * across.position(tick)
        text = marks.tick(tick, across.step)
        half = pages.regular.width(text, SIZE) / 2
        pages.line([(x, plot.foot), (x, plot.foot - 3)], pages.theme.muted, 0.5)
        x = min(max(x, pages.left + half), pages.right - half)
        pages.text(x, plot.foot - 12, text, size=SIZE, color=pages.theme.muted, align="center")
    pages.line([(plot.left, plot.foot), (plot.right, plot.foot)], pages.theme.muted, 0.6)
