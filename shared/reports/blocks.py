"""What a report consists of: every report type turns its data into these, and one engine draws them.

Blocks hold plain text and numbers, never markup. A table's rows are taken from an iterator once, so a report
may have more rows than fit into memory.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

Tone = Literal["good", "bad", "flat"]
Align = Literal["left", "right", "center"]
Format = Literal["auto", "text", "number", "currency", "percent", "date", "bool"]
Total = Literal["sum", "avg", "min", "max", "count"]


@dataclass(frozen=True, slots=True)
class Heading:
    """A section's title; never left alone at the foot of a page."""

    text: str


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Running text; line feeds are kept."""

    text: str
    muted: bool = False


@dataclass(frozen=True, slots=True)
class Callout:
    """A text that is meant to be seen."""

    text: str
    tone: Tone = "flat"


@dataclass(frozen=True, slots=True)
class KeyValue:
    """Labels with a value each, in columns over the width of the page."""

    items: tuple[tuple[str, str], ...]
    columns: int = 2


@dataclass(frozen=True, slots=True)
class Metric:
    """One figure on a card."""

    label: str
    value: str
    #: how it moved, as printed: "+10.0 %"
    change: str | None = None
    tone: Tone = "flat"
    #: what the change is measured against
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class Metrics:
    """Figures side by side."""

    items: tuple[Metric, ...]


@dataclass(frozen=True, slots=True)
class ChartSeries:
    """One value for each label of the chart; None leaves a gap."""

    name: str
    values: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """A bar, column or line chart over named positions."""

    kind: Literal["columns", "line", "bars"]
    labels: tuple[str, ...]
    series: tuple[ChartSeries, ...]
    title: str = ""
    #: of the values; None prints plain numbers
    currency: str | None = None


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table."""

    title: str
    format: Format = "auto"
    #: None: right for numbers, left for text
    align: Align | None = None
    #: digits after the point; None: as the values have them
    decimals: int | None = None
    currency: str | None = None
    total: Total | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under repeated column titles; each row has one value per column."""

    columns: tuple[Column, ...]
    rows: Iterable[Sequence[Any]]
    #: for the progress; None when nobody knows yet
    row_count: int | None = None
    #: printed in place of rows when there are none
    empty_text: str = "No rows."
    #: its rows are rows of the request (`rowsRendered`), not something derived from other fields
    counted: bool = True


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums at the right edge; the last one stands out."""

    items: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class SideBySide:
    """Small blocks next to each other, one group per column."""

    groups: tuple[tuple[Heading | Paragraph | KeyValue, ...], ...]


@dataclass(frozen=True, slots=True)
class Spacer:
    """Empty height in points."""

    height: float


Block = Heading | Paragraph | Callout | KeyValue | Metrics | Chart | Table | Totals | SideBySide | Spacer
