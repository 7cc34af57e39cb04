"""The `inventory` report: what is in stock, what it is worth, and what must be ordered."""

from __future__ import annotations

from collections.abc import Iterator

from shared.reports.blocks import Block, Callout, Column, Heading, Metric, Metrics, Paragraph, Table, Tone
from shared.reports.charts import points_chart
from shared.reports.extras import ExtraColumns, filled_table, further_data, notes
from shared.reports.fields import Name, Num, Number, Point, ReportModel, Text
from shared.reports.format import multiplied, total
from shared.reports.locales import Formats, price_decimals
from shared.reports.period import PeriodReport
from shared.reports.types import ReportType


class StockItem(ReportModel):
    """One article, low below its reorder point; `value` is stock x unit cost when not given."""

    name: Name
    sku: Text | None = None
    category: Text | None = None
    location: Text | None = None
    stock: Number
    reorder_point: Number | None = None
    unit_cost: Number | None = None
    value: Number | None = None


class InventoryData(PeriodReport):
    """Data of an inventory report."""

    stock_value: Number | None = None
    by_category: list[Point] | None = None
    items: list[StockItem] | None = None


_ITEMS: tuple[tuple[str, str, str, int, int, float], ...] = (
    ("Aurora desk lamp", "LMP-104", "A-02-1", 214, 80, 41.2),
    ("Meridian office chair", "CHR-220", "C-11-4", 37, 60, 212.0),
    ("Oak standing desk, 160 × 80 cm", "DSK-160", "D-01-2", 58, 25, 388.75),
    ("Felt desk pad", "ACC-031", "A-07-3", 1240, 300, 11.6),
    ("Cable tray, steel", "ACC-077", "A-07-5", 0, 200, 7.45),
    ("Monitor arm, dual", "ARM-002", "A-04-2", 96, 90, 61.3),
    ("Acoustic panel, 60 × 120 cm", "PNL-612", "B-03-1", 405, 150, 52.0),
    ("Conference table, walnut", "TBL-300", "D-09-1", 3, 4, 1490.0),
)


#: articles that the callout names
_NAMED = 5


def _blocks(data: InventoryData) -> Iterator[Block]:
    items = data.items or []
    low = [item for item in items if _is_low(item)]
    if data.summary:
        yield Paragraph(data.summary)
    yield Metrics(tuple(_metrics(data, len(low))))
    if low:
        yield Callout(_to_order(low, data.formats), "bad")
    if data.by_category:
        yield Heading(data.formats.say("inventory.byCategory"))
        yield points_chart(data.by_category, "bars", data.currency)
    if data.items is not None:
        yield Heading(data.formats.say("inventory.stock"))
        yield _stock_table(items, data.formats, data.currency)
    yield from notes(data.notes)
    yield from further_data(data, in_tables=("items",))


def _is_low(item: StockItem) -> bool:
    return item.reorder_point is not None and item.stock <= item.reorder_point


def _to_order(low: list[StockItem], formats: Formats) -> str:
    names = ", ".join(item.name for item in low[:_NAMED])
    if len(low) > _NAMED:
        names = formats.say("inventory.more", names=names, count=formats.number(len(low) - _NAMED))
    return formats.say("inventory.lowNames", names=names)


def _value(item: StockItem) -> Num | None:
    return multiplied(item.stock, item.unit_cost) if item.value is None else item.value


def _metrics(data: InventoryData, low: int) -> Iterator[Metric]:
    items, formats = data.items or [], data.formats
    value = data.stock_value
    if value is None and any(_value(item) is not None for item in items):
        value = total(_value(item) for item in items)
    revenue = "–" if data.revenue is None else formats.brief_money(data.revenue, data.currency)
    say = formats.say
    yield Metric(say("revenue"), revenue, detail=say("notGiven") if data.revenue is None else None)
    if value is not None:
        yield Metric(say("inventory.stockValue"), formats.brief_money(value, data.currency))
    if data.items is not None:
        units = total(item.stock for item in items)
        detail = None if units is None else say("inventory.units", count=formats.number(units))
        yield Metric(say("inventory.articles"), formats.number(len(items)), detail=detail)
        tone: Tone = "bad" if low else "good"
        yield Metric(say("inventory.toOrder"), formats.number(low), tone=tone, detail=say("inventory.low"))


def _stock_table(items: list[StockItem], formats: Formats, currency: str | None) -> Table:
    extra, say = ExtraColumns(items, formats), formats.say
    decimals = price_decimals((item.unit_cost for item in items), currency)
    columns = (
        Column(say("inventory.article"), "text"),
        Column(say("sku"), "text"),
        Column(say("category"), "text"),
        Column(say("inventory.location"), "text"),
        Column(say("inventory.stock"), "number", total="sum"),
        Column(say("inventory.reorderAt"), "number"),
        Column(say("inventory.unitCost"), "currency", currency=currency, decimals=decimals),
        Column(say("value"), "currency", currency=currency, total="sum"),
        Column(say("inventory.status"), "text"),
        *extra.columns,
    )
    rows = [
        [
            *(
                item.name,
                item.sku,
                item.category,
                item.location,
                item.stock,
                item.reorder_point,
                item.unit_cost,
            ),
            _value(item),
            say(status) if (status := _status(item)) else "",
            *extra.values(item),
        ]
        for item in items
    ]
    return filled_table(columns, rows, say("inventory.none"))


def _status(item: StockItem) -> str | None:
    """The message that says how much there is."""
    if item.stock <= 0:
        return "inventory.isOut"
    if item.reorder_point is None:
        return None
    return "inventory.isLow" if _is_low(item) else "inventory.isOk"


REPORT = ReportType(
    name="inventory",
    title="Inventory report",
    description="Stock levels against reorder points, stock value, and what has to be ordered.",
    model=InventoryData,
    example={
        "period": "30 September 2026",
        "revenue": "449230.00",
        "currency": "EUR",
        "summary": "One article is out of stock; the chair's next delivery is due on 6 October.",
        "byCategory": [
            {"label": "Lighting", "value": 8816.8},
            {"label": "Seating", "value": 7844},
            {"label": "Desks", "value": 27017.5},
            {"label": "Accessories", "value": 20268.8},
            {"label": "Acoustics", "value": 21060},
        ],
        "items": [
            {"name": n, "sku": s, "location": where, "stock": q, "reorderPoint": r, "unitCost": c}
            for n, s, where, q, r, c in _ITEMS
        ],
    },
    blocks=_blocks,
    subtitle=lambda data: data.period,
    rows="items",
)
