"""The `inventory` report: what is in stock, what it is worth, and what must be ordered."""

from __future__ import annotations

from collections.abc import Iterator

from shared.reports.blocks import Block, Callout, Column, Heading, Metric, Metrics, Paragraph, Table
from shared.reports.charts import points_chart
from shared.reports.extras import extra_columns, extra_values, filled_table, further_data, notes
from shared.reports.fields import Name, Num, Number, Point, ReportModel, Text
from shared.reports.format import multiplied, total
from shared.reports.locales import price_decimals
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


def _blocks(data: InventoryData) -> Iterator[Block]:
    items = data.items or []
    low = [item for item in items if _is_low(item)]
    if data.summary:
        yield Paragraph(data.summary)
    yield Metrics(tuple(_metrics(data, len(low))))
    if low:
        yield Callout(_to_order(low), "bad")
    if data.by_category:
        yield Heading("Stock value by category")
        yield points_chart(data.by_category, "bars", data.currency)
    if data.items is not None:
        yield Heading("Stock")
        yield _stock_table(items, data.currency)
    yield from notes(data.notes)
    yield from further_data(data, in_tables=("items",))


def _is_low(item: StockItem) -> bool:
    return item.reorder_point is not None and item.stock <= item.reorder_point


def _to_order(low: list[StockItem]) -> str:
    names = ", ".join(item.name for item in low[:5])
    more = f" and {len(low) - 5:,} more" if len(low) > 5 else ""
    return f"At or below the reorder point: {names}{more}."


def _value(item: StockItem) -> Num | None:
    return multiplied(item.stock, item.unit_cost) if item.value is None else item.value


def _metrics(data: InventoryData, low: int) -> Iterator[Metric]:
    items, formats = data.items or [], data.formats
    value = data.stock_value
    if value is None and any(_value(item) is not None for item in items):
        value = total(_value(item) for item in items)
    revenue = "–" if data.revenue is None else formats.brief_money(data.revenue, data.currency)
    yield Metric("Revenue", revenue, detail="not given" if data.revenue is None else None)
    if value is not None:
        yield Metric("Stock value", formats.brief_money(value, data.currency))
    if data.items is not None:
        units = total(i.stock for i in items)
        detail = None if units is None else f"{formats.number(units)} units"
        yield Metric("Articles", formats.number(len(items)), detail=detail)
        yield Metric(
            "To order", formats.number(low), tone="bad" if low else "good", detail="at or below reorder point"
        )


def _stock_table(items: list[StockItem], currency: str | None) -> Table:
    extra = extra_columns(items)
    decimals = price_decimals((item.unit_cost for item in items), currency)
    columns = (
        Column("Article", "text"),
        Column("SKU", "text"),
        Column("Category", "text"),
        Column("Location", "text"),
        Column("Stock", "number", total="sum"),
        Column("Reorder at", "number"),
        Column("Unit cost", "currency", currency=currency, decimals=decimals),
        Column("Value", "currency", currency=currency, total="sum"),
        Column("Status", "text"),
        *(Column(key) for key in extra),
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
            _status(item),
            *extra_values(item, extra),
        ]
        for item in items
    ]
    return filled_table(columns, rows, "Nothing in stock.")


def _status(item: StockItem) -> str:
    if item.stock <= 0:
        return "out"
    if item.reorder_point is None:
        return ""
    return "low" if _is_low(item) else "ok"


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
