"""Which chart is drawn how, with its title and legend."""

from __future__ import annotations

from dataclasses import replace

from shared.reports.blocks import Chart, ChartSeries
from worker.render.charts import bars, lines
from worker.render.charts.labels import SIZE
from worker.render.charts.pie import draw_pie, pie_height
from worker.render.charts.plot import open_plot
from worker.render.charts.scales import Marks, Scale, scale_for
from worker.render.charts.scatter import draw_scatter
from worker.render.charts.spark import draw_spark
from worker.render.frames import scaled
from worker.render.page import Pages
from worker.render.text import wrap

_HEIGHT = 146.0
_PIE = 140.0
_SPARK = 30.0
#: lying bars that take more are drawn upright
_TALLEST_BARS = 560.0
#: for title and legend
_AROUND_BARS = 70.0
#: a chart is not made lower than this to fit on a page
_LOWEST = 40.0
_TITLE = 9.0
_TITLE_LINES = 2
_LEGEND = 17.0
_LEGEND_NAME = "the legend of a chart"
#: values beyond this can't be drawn to scale
_LIMIT = 1e290
#: values nearer to zero than this are drawn as zero
_NOTHING = 1e-200


def chart_height(pages: Pages, chart: Chart) -> float:
    """Height of a chart in points, in the current frame."""
    cursor, mark = pages.y, len(pages.ops)
    with scaled(pages):
        chart = _unscaled(pages, chart)
        height = _title_height(pages, chart) + _legend_height(pages, chart) + _body_height(pages, chart)
    # nothing was drawn, and dividing and multiplying may have moved the cursor a little
    del pages.ops[mark:]
    pages.y = cursor
    return height * pages.theme.scale


def fitted_chart(pages: Pages, chart: Chart) -> tuple[Chart, float]:
    """The chart, less high where it would be higher than a page, and its height."""
    height = chart_height(pages, chart)
    excess = height - pages.page_room
    if excess <= 0:
        return chart, height
    usual = (_PIE if chart.kind in ("pie", "donut") else _HEIGHT) * pages.theme.scale
    fitting = replace(chart, height=max((chart.height or usual) - excess, _LOWEST))
    return fitting, chart_height(pages, fitting)


def draw_chart(pages: Pages, chart: Chart) -> str | None:
    """Draw a chart at the cursor, the caller having made sure of the room; returns a warning or None."""
    drawn = _drawable(chart)
    with scaled(pages):
        _draw(pages, _unscaled(pages, drawn))
    left_out = len(_values(chart)) - len(_values(drawn))
    return f"{left_out:,} values are too large to be drawn in a chart" if left_out else None


def _unscaled(pages: Pages, chart: Chart) -> Chart:
    """The chart with the height that makes it as high as was asked for when it is magnified."""
    return chart if chart.height is None else replace(chart, height=chart.height / pages.theme.scale)


def _draw(pages: Pages, chart: Chart) -> None:
    for line in _title_lines(pages, chart):
        pages.text(pages.left, pages.y - _TITLE, line, font=pages.bold, size=_TITLE, color=pages.theme.ink)
        pages.y -= _TITLE * 1.35
    if chart.title:
        pages.y -= 3
    marks = Marks(pages.formats, chart.currency, chart.percent)
    if _legend_height(pages, chart):
        _draw_legend(pages, chart)
    _draw_body(pages, chart, marks)


def _draw_body(pages: Pages, chart: Chart, marks: Marks) -> None:
    height = _body_height(pages, chart)
    floor = pages.y - height
    if _is_lying(pages, chart):
        bars.draw_bars(pages, chart, marks)
    elif chart.kind in ("pie", "donut"):
        draw_pie(pages, chart, marks, chart.height or _PIE)
    elif chart.kind == "sparkline":
        _draw_sparkline(pages, chart, marks, height)
    elif chart.kind == "scatter":
        draw_scatter(pages, chart, marks, height)
    elif chart.kind in ("line", "area"):
        _draw_line_plot(pages, chart, marks, height)
    else:
        _draw_bar_plot(pages, chart, marks, height)
    pages.y = floor


def _draw_bar_plot(pages: Pages, chart: Chart, marks: Marks, height: float) -> None:
    stacked = chart.kind == "stacked"
    values = bars.stack_sums(chart.series) if stacked else _values(chart)
    # room for the values above the bars
    above = 6.0 if len(chart.series) == 1 else 0.0
    plot = open_plot(pages, chart, scale_for(values, from_zero=True), marks, height, above=above)
    if stacked:
        bars.draw_stacks(pages, chart, plot, marks)
    else:
        bars.draw_columns(pages, chart, plot, marks)


def _draw_line_plot(pages: Pages, chart: Chart, marks: Marks, height: float) -> None:
    scale = _line_scale(chart)
    named = _has_end_names(pages, chart)
    beside = max((pages.bold.width(line.name, SIZE) for line in chart.series), default=0.0) if named else 0.0
    plot = open_plot(pages, chart, scale, marks, height, right=beside)
    if chart.kind == "area":
        lines.draw_areas(pages, chart, plot)
        return
    lines.draw_lines(pages, chart, plot)
    if named:
        lines.draw_end_names(pages, chart.series, plot)


def _line_scale(chart: Chart) -> Scale:
    if chart.kind != "area":
        return scale_for(_values(chart), from_zero=False)
    bands = lines.area_bands(chart.series, len(chart.labels))
    return scale_for((value for band in bands for pair in band for value in pair), from_zero=True)


def _has_end_names(pages: Pages, chart: Chart) -> bool:
    if chart.kind != "line":
        return False
    scale = _line_scale(_drawable(chart))
    span = scale.high / 2 - scale.low / 2
    return lines.end_names(pages, chart.series, (_body_height(pages, chart) - 40) / 2, span)


def _draw_sparkline(pages: Pages, chart: Chart, marks: Marks, height: float) -> None:
    values = chart.series[0].values
    last = next((value for value in reversed(values) if value is not None), None)
    text = "" if last is None else marks.value(last)
    room = pages.bold.width(text, 9) + 10
    width = max(min(pages.width - room, 300.0), 20.0)
    box = (pages.left + 2, pages.y - height + 5, width, height - 10)
    pages.ops.extend(draw_spark(values, box, pages.theme.accent))
    y = pages.y - height / 2 - 3
    pages.text(pages.left + width + 10, y, text, font=pages.bold, size=9, color=pages.theme.ink)


def _body_height(pages: Pages, chart: Chart) -> float:
    if _is_lying(pages, chart):
        return len(chart.labels) * bars.bar_row_height(chart) + 4
    if chart.kind in ("pie", "donut"):
        return pie_height(
            pages, chart, Marks(pages.formats, chart.currency, chart.percent), chart.height or _PIE
        )
    if chart.kind == "sparkline":
        return chart.height or _SPARK
    return chart.height or _HEIGHT


def _is_lying(pages: Pages, chart: Chart) -> bool:
    rows = len(chart.labels) * bars.bar_row_height(chart)
    most = min(_TALLEST_BARS, pages.page_room - _AROUND_BARS)
    return chart.kind == "bars" and len(chart.labels) <= bars.MAX_BARS and rows <= most


def _title_lines(pages: Pages, chart: Chart) -> list[str]:
    if not chart.title:
        return []
    lines = wrap(chart.title, pages.bold, _TITLE, pages.width)
    return pages.first_lines(lines, _TITLE_LINES, "the title of a chart")


def _title_height(pages: Pages, chart: Chart) -> float:
    count = len(_title_lines(pages, chart))
    return count * _TITLE * 1.35 + 3 if count else 0.0


def _legend_height(pages: Pages, chart: Chart) -> float:
    if len(chart.series) < 2 or chart.kind == "sparkline" or _has_end_names(pages, chart):
        return 0.0
    return _LEGEND * len(_legend_rows(pages, chart))


def _legend_rows(pages: Pages, chart: Chart) -> list[list[tuple[int, str, float]]]:
    """(number, name, width) of the series in each row of the legend."""
    rows: list[list[tuple[int, str, float]]] = [[]]
    used = 0.0
    for number, line in enumerate(chart.series):
        name = pages.fitted(line.name, pages.regular, 8, min(150.0, pages.width - 20), _LEGEND_NAME)
        width = pages.regular.width(name, 8) + 26
        if used + width > pages.width + 14 and rows[-1]:
            rows.append([])
            used = 0.0
        rows[-1].append((number, name, width))
        used += width
    return rows


def _draw_legend(pages: Pages, chart: Chart) -> None:
    for row in _legend_rows(pages, chart):
        x, y = pages.left, pages.y - 10
        for number, name, width in row:
            pages.rect(x, y - 0.3, 7, 7, pages.theme.series(number))
            pages.text(x + 11, y, name, size=8, color=pages.theme.muted)
            x += width
        pages.y -= _LEGEND


def _drawable(chart: Chart) -> Chart:
    """The chart without values that no axis can hold."""
    series = [
        ChartSeries(line.name, tuple(map(_within, line.values)), tuple(map(_position, line.positions)))
        for line in chart.series
    ]
    return replace(chart, series=tuple(series))


def _within(value: float | None) -> float | None:
    if value is None or abs(value) > _LIMIT:
        return None
    return float(value) if abs(value) > _NOTHING else 0.0


def _position(value: float) -> float:
    return max(-_LIMIT, min(float(value), _LIMIT)) if abs(value) > _NOTHING else 0.0


def _values(chart: Chart) -> list[float]:
    return [value for line in chart.series for value in line.values if value is not None]
