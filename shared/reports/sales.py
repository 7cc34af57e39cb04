"""The `sales` report: revenue against the period before, by month, by region, by product."""

from __future__ import annotations

from collections.abc import Iterator
from operator import itemgetter
from typing import Any

from shared.reports.blocks import Block, Column, Heading, Metric, Metrics, Paragraph, Table
from shared.reports.charts import points_chart
from shared.reports.extras import ExtraColumns, filled_table, further_data, notes
from shared.reports.fields import Name, Number, Point, ReportModel, Text
from shared.reports.format import multiplied, ratio_of
from shared.reports.locales import Formats, price_decimals
from shared.reports.period import PeriodReport
from shared.reports.types import ReportType


class Product(ReportModel):
    """One line of the product table; `amount` is quantity x price when it is not given."""

    name: Name
    sku: Text | None = None
    category: Text | None = None
    quantity: Number | None = None
    price: Number | None = None
    amount: Number | None = None


class SalesData(PeriodReport):
    """Data of a sales report."""

    previous_revenue: Number | None = None
    target: Number | None = None
    orders: Number | None = None
    new_customers: Number | None = None
    by_month: list[Point] | None = None
    by_region: list[Point] | None = None
    products: list[Product] | None = None


# of a product's __dict__: asking the model itself, which has a __getattr__, takes four times as long
_FIELDS = itemgetter("name", "sku", "category", "quantity", "price", "amount")
_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep"]
_REVENUE = (118200, 124650, 131900, 128400, 137750, 142300, 139600, 151250, 158380)
_PRODUCTS: tuple[tuple[str, str, str, int, float], ...] = (
    ("Aurora desk lamp", "LMP-104", "Lighting", 412, 89.0),
    ("Meridian office chair", "CHR-220", "Seating", 187, 429.0),
    ("Oak standing desk, 160 × 80 cm", "DSK-160", "Desks", 96, 749.5),
    ("Felt desk pad", "ACC-031", "Accessories", 934, 34.9),
    ("Cable tray, steel", "ACC-077", "Accessories", 655, 22.5),
    ("Monitor arm, dual", "ARM-002", "Accessories", 248, 139.0),
    ("Acoustic panel, 60 × 120 cm", "PNL-612", "Acoustics", 371, 118.0),
    ("Conference table, walnut", "TBL-300", "Desks", 14, 2890.0),
)


def _blocks(data: SalesData) -> Iterator[Block]:
    if data.summary:
        yield Paragraph(data.summary)
    yield Metrics(tuple(_metrics(data)))
    say = data.formats.say
    for title, kind, points in (
        ("sales.byMonth", "columns", data.by_month),
        ("sales.byRegion", "bars", data.by_region),
    ):
        if points:
            yield Heading(say(title))
            yield points_chart(points, "bars" if kind == "bars" else "columns", data.currency)
    if data.products is not None:
        yield Heading(say("sales.products"))
        yield _product_table(data.products, data.formats, data.currency)
    yield from notes(data.notes)
    yield from further_data(data, in_tables=("products",))


def _metrics(data: SalesData) -> Iterator[Metric]:
    revenue, currency, formats = data.revenue, data.currency, data.formats
    say = formats.say
    if revenue is None:
        yield Metric(say("revenue"), "–", detail=say("notGiven"))
    else:
        moved, tone = formats.change(revenue, data.previous_revenue)
        before = data.previous_revenue
        detail = None
        if before is not None:
            detail = say("sales.before", amount=formats.brief_money(before, currency))
        yield Metric(say("revenue"), formats.brief_money(revenue, currency), moved, tone, detail)
    if data.target is not None:
        reached = ratio_of(revenue, data.target)
        tone = "flat" if reached is None else "good" if reached >= 1 else "bad"
        shown = None if reached is None else formats.percent(reached)
        detail = say("sales.reached") if shown else None
        yield Metric(say("target"), formats.brief_money(data.target, currency), shown, tone, detail)
    if data.orders is not None:
        each = ratio_of(revenue, data.orders)
        detail = None
        if each is not None:
            detail = say("sales.each", amount=formats.brief_money(round(each, 2), currency))
        yield Metric(say("sales.orders"), formats.number(data.orders), detail=detail)
    if data.new_customers is not None:
        yield Metric(say("sales.newCustomers"), formats.number(data.new_customers))


def _product_table(products: list[Product], formats: Formats, currency: str | None) -> Table:
    extra, say = ExtraColumns(products, formats), formats.say
    rows: list[list[Any]] = []
    for item in products:
        name, sku, category, quantity, price, amount = _FIELDS(item.__dict__)
        if amount is None:
            amount = multiplied(quantity, price)
        rows.append([name, sku, category, quantity, price, amount])
    if extra.columns:
        rows = [[*row, *extra.values(item)] for row, item in zip(rows, products, strict=True)]
    decimals = price_decimals([row[4] for row in rows], currency)
    columns = (
        Column(say("sales.product"), "text"),
        Column(say("sku"), "text"),
        Column(say("category"), "text"),
        Column(say("quantity"), "number", total="sum"),
        Column(say("sales.price"), "currency", currency=currency, decimals=decimals),
        Column(say("amount"), "currency", currency=currency, total="sum"),
        *extra.columns,
    )
    return filled_table(columns, rows, say("sales.none"))


REPORT = ReportType(
    name="sales",
    title="Sales report",
    description="Revenue of a period with its target and trend, by month, region and product.",
    model=SalesData,
    example={
        "period": "Q3 2026",
        "revenue": 449230,
        "currency": "EUR",
        "previousRevenue": 408450,
        "target": 440000,
        "orders": 2917,
        "newCustomers": 341,
        "summary": "Revenue grew for the third quarter in a row, led by seating and desks.",
        "byMonth": [{"label": m, "value": v} for m, v in zip(_MONTHS, _REVENUE, strict=True)],
        "byRegion": [
            {"label": "Germany", "value": 171300},
            {"label": "France", "value": 98420},
            {"label": "Netherlands", "value": 76110},
            {"label": "Italy", "value": 61900},
            {"label": "Elsewhere", "value": 41500},
        ],
        "products": [
            {"name": name, "sku": sku, "category": category, "quantity": quantity, "price": price}
            for name, sku, category, quantity, price in _PRODUCTS
        ],
        "notes": "Amounts are net of VAT. Returns are booked in the month in which they arrive.",
    },
    blocks=_blocks,
    subtitle=lambda data: data.period,
    rows="products",
)
