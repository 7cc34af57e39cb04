"""What a report consists of: every report type turns its data into these, and one engine draws them.

Blocks hold plain text and numbers, never markup; text with emphasis or links is a tuple of `Span`. A table's
rows are taken from an iterator once, so a report may have more rows than fit into memory.

Nobody changes a block once it is made. Those with many fields of which a report has several are not frozen
all the same: that would make them four times as expensive.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

Tone = Literal["good", "bad", "flat"]
Align = Literal["left", "right", "center"]
Format = Literal["auto", "text", "number", "currency", "percent", "date", "bool", "sparkline"]
Total = Literal["sum", "avg", "min", "max", "count"]
ChartKind = Literal["columns", "bars", "stacked", "line", "area", "pie", "donut", "scatter", "sparkline"]
Test = Literal["<", "<=", "=", "!=", ">=", ">", "between", "contains", "empty"]


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of running text in one style; line feeds in it break the line."""

    text: str
    bold: bool = False
    italic: bool = False
    code: bool = False
    #: an http, https or mailto address
    link: str | None = None


@dataclass(frozen=True, slots=True)
class Heading:
    """A section's title; never left alone at the foot of a page."""

    text: str
    #: 1 to 3; 1 is the largest
    level: int = 1


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Running text; line feeds are kept."""

    text: str
    muted: bool = False
    #: the same text in styles; empty for plain text
    spans: tuple[Span, ...] = ()
    align: Align = "left"


@dataclass(frozen=True, slots=True)
class ListItem:
    """One item and what is nested under it."""

    spans: tuple[Span, ...]
    children: tuple[ListItem, ...] = ()


@dataclass(frozen=True, slots=True)
class BulletList:
    """Items under each other, with dots or with numbers."""

    items: tuple[ListItem, ...]
    ordered: bool = False
    #: the first number
    start: int = 1


@dataclass(frozen=True, slots=True)
class Quote:
    """Words of someone else."""

    spans: tuple[Span, ...]
    source: str = ""


@dataclass(frozen=True, slots=True)
class Code:
    """Text in which every space counts."""

    text: str
    title: str = ""


@dataclass(frozen=True, slots=True)
class Callout:
    """A text that is meant to be seen."""

    text: str
    tone: Tone = "flat"
    title: str = ""
    spans: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class KeyValue:
    """Labels with a value each, in columns over the width of the page."""

    items: tuple[tuple[str, str], ...]
    columns: int = 2


@dataclass(slots=True)
class Metric:
    """One figure on a card."""

    label: str
    value: str
    #: how it moved, as printed: "+10.0 %"
    change: str | None = None
    tone: Tone = "flat"
    #: what the change is measured against
    detail: str | None = None
    #: its course, drawn small
    trend: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Metrics:
    """Figures side by side."""

    items: tuple[Metric, ...]


@dataclass(slots=True)
class ChartSeries:
    """One value for each label of the chart; None leaves a gap."""

    name: str
    values: tuple[float | None, ...]
    #: of a scatter chart: where each value stands on the horizontal axis
    positions: tuple[float, ...] = ()


@dataclass(slots=True)
class Chart:
    """Values over named positions; as parts of a whole; or, in a scatter chart, over numbers."""

    kind: ChartKind
    labels: tuple[str, ...]
    series: tuple[ChartSeries, ...]
    title: str = ""
    #: of the values; None prints plain numbers
    currency: str | None = None
    #: values are fractions, printed in percent
    percent: bool = False
    #: points; None: as the kind needs
    height: float | None = None
    x_title: str = ""
    y_title: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """How cells look whose value passes a test."""

    test: Test
    value: Any = None
    #: upper end of "between"
    upto: Any = None
    tone: Tone = "flat"
    bold: bool = False
    #: tints the cell; without it only its text is coloured
    fill: bool = False


@dataclass(slots=True)
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
    #: points; None: as the values need
    width: float | None = None
    #: the first that applies counts
    rules: tuple[Rule, ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under repeated column titles; each row has one value per column."""

    columns: tuple[Column, ...]
    rows: Iterable[Sequence[Any]]
    #: for the progress; None when nobody knows yet
    row_count: int | None = None
    #: printed in place of rows when there are none; None: in the words of the report's language
    empty_text: str | None = None
    #: its rows are rows of the request (`rowsRendered`), not something derived from other fields
    counted: bool = True
    #: indexes of columns; consecutive rows with equal values there form a group with a line above it
    group_by: tuple[int, ...] = ()
    #: shades every other row
    zebra: bool = True
    title: str = ""


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums at the right edge; the last one stands out."""

    items: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Image:
    """A picture; checked to be PNG, JPEG or WEBP by its first bytes."""

    content: bytes = field(repr=False)
    #: points; None: its own size at 96 dots per inch, and never more than the frame
    width: float | None = None
    caption: str = ""
    align: Align = "left"
    #: of the field it came from, for the error when it can't be read
    path: str = "data"


@dataclass(frozen=True, slots=True)
class Barcode:
    """A machine-readable value, with a line of text under it."""

    kind: Literal["qr", "code128", "ean13"]
    value: str
    #: points: edge of a QR code, height of bars
    size: float | None = None
    caption: str = ""
    align: Align = "left"


@dataclass(frozen=True, slots=True)
class Signature:
    """Lines to sign on, each with what stands under it."""

    lines: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Columns:
    """Blocks next to each other; one column below the other when they are taller than a page."""

    groups: tuple[tuple[Block, ...], ...]
    #: of each column, relative to the others; empty: all the same
    weights: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Spacer:
    """Empty height in points."""

    height: float


@dataclass(frozen=True, slots=True)
class PageBreak:
    """What follows starts on a new page."""

    #: None: as the report's pages are
    landscape: bool | None = None


Block = (
    Heading
    | Paragraph
    | BulletList
    | Quote
    | Code
    | Callout
    | KeyValue
    | Metrics
    | Chart
    | Table
    | Totals
    | Image
    | Barcode
    | Signature
    | Columns
    | Spacer
    | PageBreak
)


def plain_text(spans: Iterable[Span]) -> str:
    """The words of styled text."""
    return "".join(span.text for span in spans)
