"""Blocks of figures as they are sent: cards, tables, charts."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from shared.reports import blocks
from shared.reports.blocks import Block, ChartKind, Tone
from shared.reports.fields import Currency, Number, Scalar, Text, error_at, parse_number
from shared.reports.locales import Formats
from shared.reports.making import Making
from shared.reports.presentation import StrictModel
from shared.reports.tables import MAX_COLUMNS, ColumnSpec, TableFields, table_block

ValueFormat = Literal["number", "currency", "percent"]
MAX_LABELS = 1000
MAX_SERIES = 12
MAX_POINTS = 5000


class MetricSpec(StrictModel):
    """One card. A number is printed by `format`; `previous` gives the change when `change` does not."""

    label: Text
    value: Scalar
    format: ValueFormat | None = None
    currency: Currency | None = None
    decimals: int | None = Field(default=None, ge=0, le=6)
    #: a fraction (0.1 is +10 %), or a text that is printed as it is
    change: Scalar | None = None
    previous: Number | None = None
    higher_is_better: bool = True
    tone: Tone | None = None
    detail: Text | None = None
    #: its course, drawn small
    trend: list[Number] = Field(default=[], max_length=200)

    def metric(self, formats: Formats, currency: str | None) -> blocks.Metric:
        """As it is drawn."""
        change, tone = self._moved(formats)
        return blocks.Metric(
            self.label,
            self._shown(formats, self.currency or currency),
            change,
            tone if self.tone is None else self.tone,
            self.detail,
            tuple(float(value) for value in self.trend),
        )

    def _shown(self, formats: Formats, currency: str | None) -> str:
        value = self.value
        if isinstance(value, (str, bool)):
            return formats.plain(value)
        if self.format == "percent":
            return formats.percent(value, 1 if self.decimals is None else self.decimals)
        if self.format == "currency" and self.decimals is None:
            return formats.brief_money(value, currency)
        if self.format == "currency":
            return formats.money(value, currency, self.decimals)
        return formats.number(value, self.decimals)

    def _moved(self, formats: Formats) -> tuple[str | None, Tone]:
        if isinstance(self.change, (str, bool)):
            return formats.plain(self.change), "flat"
        if self.change is not None:
            return formats.change(1 + self.change, 1, higher_is_better=self.higher_is_better)
        value = parse_number(self.value)
        if value is None:
            return None, "flat"
        return formats.change(value, self.previous, higher_is_better=self.higher_is_better)


class MetricsSpec(StrictModel):
    """Figures on cards side by side."""

    type: Literal["metrics"]
    items: list[MetricSpec] = Field(min_length=1, max_length=60)

    def block(self, making: Making) -> Block:
        """As it is drawn."""
        return blocks.Metrics(tuple(item.metric(making.formats, making.currency) for item in self.items))


class StrictColumnSpec(ColumnSpec, StrictModel):
    """A column in a document, where an unknown key would not be printed."""


class TableSpec(TableFields, StrictModel):
    """A table; its rows are rows of the report."""

    type: Literal["table"]
    title: Text = ""
    # a list of a subclass: nothing is ever put into it
    columns: list[StrictColumnSpec] | None = Field(  # type: ignore[assignment]
        default=None, max_length=MAX_COLUMNS
    )

    def block(self, making: Making) -> Block:
        """As it is drawn."""
        return table_block(self, making, self.title)


class SeriesSpec(StrictModel):
    """One line, or one colour of bars: a value for each label, or in a scatter chart points `[x, y]`."""

    name: Text = ""
    values: list[Number | None] = Field(default=[], max_length=MAX_LABELS)
    points: list[Annotated[list[Number], Field(min_length=2, max_length=2)]] = Field(
        default=[], max_length=MAX_POINTS
    )

    def series(self) -> blocks.ChartSeries:
        """As it is drawn."""
        if self.points:
            xs, ys = zip(*self.points, strict=True)
            return blocks.ChartSeries(self.name, tuple(map(float, ys)), tuple(map(float, xs)))
        values = tuple(None if value is None else float(value) for value in self.values)
        return blocks.ChartSeries(self.name, values)


_KINDS: dict[str, ChartKind] = {
    "stacked": "stacked",
    "line": "line",
    "area": "area",
    "pie": "pie",
    "donut": "donut",
    "scatter": "scatter",
    "sparkline": "sparkline",
}


class ChartSpec(StrictModel):
    """A chart; with `values` instead of `series` it has one series without a name."""

    type: Literal["chart"]
    kind: Literal["bar", "stacked", "line", "area", "pie", "donut", "scatter", "sparkline"]
    title: Text = ""
    labels: list[Text] = Field(default=[], max_length=MAX_LABELS)
    series: list[SeriesSpec] = Field(default=[], max_length=MAX_SERIES)
    #: short for one series without a name
    values: list[Number | None] = Field(default=[], max_length=MAX_LABELS)
    #: bars that grow to the right, one under the other
    horizontal: bool = False
    format: ValueFormat = "number"
    currency: Currency | None = None
    #: points
    height: float | None = Field(default=None, ge=40, le=600)
    x_title: Text = ""
    y_title: Text = ""

    def lines(self) -> list[SeriesSpec]:
        """All series, or the one that `values` is."""
        return self.series or [SeriesSpec(values=self.values)]

    @model_validator(mode="after")
    def _values_fit(self) -> ChartSpec:
        if self.series and self.values:
            raise error_at("values", "can't stand beside series")
        if self.kind == "scatter":
            if not self.series:
                raise error_at("series", "is required for a scatter chart")
            for index, line in enumerate(self.series):
                if line.values or not line.points:
                    raise error_at(f"series.{index}.points", "is required for a scatter chart")
            return self
        for index, line in enumerate(self.lines()):
            self._check_values(f"series.{index}.values" if self.series else "values", line)
        if self.kind in ("pie", "donut") and len(self.series) > 1:
            raise error_at("series", "must be one series for a pie or donut")
        return self

    def _check_values(self, where: str, line: SeriesSpec) -> None:
        if line.points or not line.values:
            raise error_at(where, f"is required for a {self.kind} chart")
        if self.kind != "sparkline" and len(line.values) != len(self.labels):
            raise error_at(where, f"has {len(line.values)} values for {len(self.labels)} labels")
        if self.kind in ("pie", "donut") and any(value is not None and value < 0 for value in line.values):
            raise error_at(where, "must not be negative in a pie or donut")

    def block(self, making: Making) -> Block:
        """As it is drawn."""
        kind: ChartKind = _KINDS.get(self.kind) or ("bars" if self.horizontal else "columns")
        labels = tuple(self.labels) or ("",) * max(len(line.values) for line in self.lines())
        money = (self.currency or making.currency) if self.format == "currency" else None
        return blocks.Chart(
            kind,
            labels,
            tuple(line.series() for line in self.lines()),
            self.title,
            money,
            self.format == "percent",
            self.height,
            self.x_title,
            self.y_title,
        )
