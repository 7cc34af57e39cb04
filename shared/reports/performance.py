"""The `performance` report: measures against their targets, and how they moved."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import Field

from shared.reports.blocks import (
    Block,
    Chart,
    ChartSeries,
    Column,
    Heading,
    Metric,
    Metrics,
    Paragraph,
    Table,
)
from shared.reports.extras import extra_columns, extra_values, filled_table, further_data, notes
from shared.reports.fields import Name, Num, Number, Point, ReportModel, Text
from shared.reports.format import decimals_of, ratio_of
from shared.reports.locales import Formats
from shared.reports.period import PeriodReport
from shared.reports.types import ReportType


class Measure(ReportModel):
    """One measure; whether more is better decides how a change is coloured."""

    name: Name
    value: Number
    target: Number | None = None
    previous: Number | None = None
    #: printed after the value: "%", "ms", "days"
    unit: Text | None = None
    higher_is_better: bool = True


class Series(ReportModel):
    """One line of the chart."""

    name: Name
    points: list[Point]


class PerformanceData(PeriodReport):
    """Data of a performance report."""

    target: Number | None = None
    metrics: list[Measure] | None = None
    series: list[Series] | None = Field(default=None, max_length=12)


_WEEKS = tuple(f"W{week}" for week in range(27, 40))
_ACTUAL = (91.2, 91.9, 92.4, 91.7, 93.0, 93.8, 93.1, 94.4, 94.9, 94.2, 95.6, 95.9, 96.3)
_PLANNED = (92.0, 92.3, 92.6, 92.9, 93.2, 93.5, 93.8, 94.1, 94.4, 94.7, 95.0, 95.3, 95.6)

_CARDS = 3


def _blocks(data: PerformanceData) -> Iterator[Block]:
    if data.summary:
        yield Paragraph(data.summary)
    yield Metrics(
        (_revenue_card(data), *(_card(item, data.formats) for item in (data.metrics or [])[:_CARDS]))
    )
    if data.series and any(series.points for series in data.series):
        yield Heading("Over time")
        yield _chart(data.series)
    if data.metrics is not None:
        yield Heading("Against target")
        yield _measure_table(data.metrics, data.formats)
    yield from notes(data.notes)
    yield from further_data(data, in_tables=("metrics",))


def _revenue_card(data: PerformanceData) -> Metric:
    if data.revenue is None:
        return Metric("Revenue", "–", detail="not given")
    formats, reached = data.formats, ratio_of(data.revenue, data.target)
    shown = formats.brief_money(data.revenue, data.currency)
    if reached is None or data.target is None:
        return Metric("Revenue", shown)
    detail = f"of {formats.brief_money(data.target, data.currency)}"
    return Metric("Revenue", shown, formats.percent(reached), "good" if reached >= 1 else "bad", detail)


def _card(item: Measure, formats: Formats) -> Metric:
    moved, tone = formats.change(item.value, item.previous, higher_is_better=item.higher_is_better)
    detail = f"target {_with_unit(formats, item.target, item)}" if item.target is not None else None
    return Metric(item.name, _with_unit(formats, item.value, item), moved, tone, detail)


def _with_unit(formats: Formats, value: Num, item: Measure) -> str:
    """With as many digits after the point as any value of the measure has, so that they can be compared."""
    known = [one for one in (item.value, item.target, item.previous) if one is not None]
    shown = formats.number(value, max(map(decimals_of, known)))
    return f"{shown}{'' if item.unit == '%' else ' '}{item.unit}" if item.unit else shown


def _chart(series: list[Series]) -> Chart:
    labels = tuple(dict.fromkeys(point.label for line in series for point in line.points))
    lines = []
    for line in series:
        values = {point.label: point.value for point in line.points}
        lines.append(ChartSeries(line.name, tuple(values.get(label) for label in labels)))
    return Chart("line", labels, tuple(lines))


def _measure_table(measures: list[Measure], formats: Formats) -> Table:
    extra = extra_columns(measures)
    columns = (
        Column("Measure", "text"),
        Column("Value", align="right"),
        Column("Target", align="right"),
        Column("Before", align="right"),
        Column("Change", align="right"),
        Column("Result", "text"),
        *(Column(key) for key in extra),
    )
    rows = [[*_measure_row(item, formats), *extra_values(item, extra)] for item in measures]
    return filled_table(columns, rows, "No measures.")


def _measure_row(item: Measure, formats: Formats) -> list[str]:
    moved, _ = formats.change(item.value, item.previous, higher_is_better=item.higher_is_better)
    if item.target is None:
        result = ""
    else:
        met = item.value >= item.target if item.higher_is_better else item.value <= item.target
        result = "met" if met else "missed"
    return [
        item.name,
        _with_unit(formats, item.value, item),
        "" if item.target is None else _with_unit(formats, item.target, item),
        "" if item.previous is None else _with_unit(formats, item.previous, item),
        moved or "",
        result,
    ]


REPORT = ReportType(
    name="performance",
    title="Performance report",
    description="Measures of a period against target and the period before, with their course over time.",
    model=PerformanceData,
    example={
        "period": "Q3 2026",
        "revenue": 449230,
        "currency": "EUR",
        "target": 440000,
        "summary": "Delivery reached its target in week 31 and has stayed above it since.",
        "metrics": [
            {"name": "On-time delivery", "value": 96.3, "target": 95.6, "previous": 91.0, "unit": "%"},
            {"name": "Order accuracy", "value": 99.1, "target": 99.5, "previous": 98.7, "unit": "%"},
            {
                "name": "Time to ship",
                "value": 1.8,
                "target": 2,
                "previous": 2.4,
                "unit": "days",
                "higherIsBetter": False,
            },
            {
                "name": "Returns",
                "value": 3.2,
                "target": 3,
                "previous": 3.1,
                "unit": "%",
                "higherIsBetter": False,
            },
            {"name": "Customer satisfaction", "value": 4.6, "target": 4.5, "previous": 4.4},
        ],
        "series": [
            {
                "name": "On-time delivery",
                "points": [{"label": w, "value": v} for w, v in zip(_WEEKS, _ACTUAL, strict=True)],
            },
            {
                "name": "Plan",
                "points": [{"label": w, "value": v} for w, v in zip(_WEEKS, _PLANNED, strict=True)],
            },
        ],
    },
    blocks=_blocks,
    subtitle=lambda data: data.period,
    rows="metrics",
)
