"""The `table` report: any rows, with columns as described or as found in the rows."""

from __future__ import annotations

from collections.abc import Iterator

from shared.reports.blocks import Block, Paragraph
from shared.reports.extras import further_data, notes
from shared.reports.fields import Text
from shared.reports.making import Making
from shared.reports.presentation import Presented
from shared.reports.tables import TableFields, dataset_uses, table_block
from shared.reports.types import ReportType


class TableData(Presented, TableFields):
    """Data of a table report."""

    #: printed under the title
    summary: Text | None = None
    notes: Text | None = None


def _blocks(data: TableData) -> Iterator[Block]:
    if data.summary:
        yield Paragraph(data.summary)
    yield table_block(data, Making(data.formats, data.currency, data.source))
    yield from notes(data.notes)
    yield from further_data(data, in_tables=("rows",))


REPORT = ReportType(
    name="table",
    title="Table",
    description="Any rows as a table: columns as described, or as found in the rows.",
    model=TableData,
    example={
        "summary": "Deliveries of week 39, as booked by the warehouses.",
        "columns": [
            {"key": "date", "title": "Date", "format": "date"},
            {"key": "customer", "title": "Customer", "total": "count"},
            {"key": "units", "title": "Units", "format": "number", "total": "sum"},
            {"key": "amount", "title": "Amount", "format": "currency", "currency": "EUR", "total": "sum"},
            {"key": "margin", "title": "Margin", "format": "percent", "total": "avg"},
            {"key": "paid", "title": "Paid", "format": "bool"},
        ],
        "rows": [
            {
                "date": "2026-09-21",
                "customer": "Hofmann & Söhne",
                "units": 42,
                "amount": 3738.0,
                "margin": 0.312,
                "paid": True,
            },
            {
                "date": "2026-09-22",
                "customer": "Atelier Lumière",
                "units": 8,
                "amount": 3432.0,
                "margin": 0.287,
                "paid": True,
            },
            {
                "date": "2026-09-22",
                "customer": "Καφενείο Αθηνά",
                "units": 120,
                "amount": 4188.0,
                "margin": 0.401,
                "paid": False,
            },
            {
                "date": "2026-09-24",
                "customer": "Студия Север",
                "units": 5,
                "amount": 3747.5,
                "margin": 0.265,
                "paid": True,
            },
            {
                "date": "2026-09-25",
                "customer": "Credit note, Hofmann & Söhne",
                "units": -2,
                "amount": -178.0,
                "margin": 0.312,
                "paid": False,
            },
        ],
    },
    blocks=_blocks,
    subtitle=lambda data: "",
    rows="rows",
    datasets=lambda data: dataset_uses(data, "data"),
)
