"""The `table` report: any rows, inline or of a dataset, with columns as described or as found in the rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from pydantic import Field, model_validator

from shared.datasets.model import DatasetColumn
from shared.reports.blocks import Block, Column, Paragraph, Table
from shared.reports.datasets import DatasetUse
from shared.reports.extras import further_data, notes
from shared.reports.fields import Text, error_at
from shared.reports.presentation import Presented
from shared.reports.tables import ColumnSpec, TableFields, column_of, table_block
from shared.reports.types import ReportType


class TableData(Presented, TableFields):
    """Data of a table report."""

    #: printed under the title
    summary: Text | None = None
    #: objects, or lists; not both
    rows: list[dict[str, Any] | list[Any]] = Field(default_factory=list)
    #: the id of a dataset that holds the rows; `columns` then chooses among its columns
    dataset: str | None = Field(default=None, pattern=r"^[0-9a-f]{32}$")
    notes: Text | None = None

    @model_validator(mode="before")
    @classmethod
    def _rows_from_one_place(cls, data: object) -> object:
        if isinstance(data, dict) and data.get("dataset") is None and "rows" not in data:
            raise error_at("rows", "is required, or a dataset in its place")
        if isinstance(data, dict) and data.get("dataset") is not None and "rows" in data:
            raise error_at("dataset", "give rows or a dataset, not both")
        return data

    def check_groups(self, keys: dict[str, None]) -> None:
        """Columns of a dataset that `columns` does not name are known only with the dataset."""
        if self.dataset is None or self.columns is not None:
            super().check_groups(keys)


def _blocks(data: TableData) -> Iterator[Block]:
    if data.summary:
        yield Paragraph(data.summary)
    yield _dataset_table(data, data.dataset) if data.dataset else table_block(data, data.currency)
    yield from notes(data.notes)
    yield from further_data(data, in_tables=("rows",))


def _dataset_table(data: TableData, dataset_id: str) -> Table:
    """The rows of a dataset: the columns that are described, or all of them. Groups are of neighbours."""
    source = data.source(dataset_id)
    found = {column.name: column for column in source.columns}
    specs = data.columns if data.columns is not None else [ColumnSpec(key=name) for name in found]
    keys = [spec.key for spec in specs]
    return Table(
        tuple(_found_column(spec, found[spec.key], data.currency) for spec in specs),
        source.rows(keys),
        source.row_count,
        data.empty,
        group_by=tuple(keys.index(key) for key in data.group_by),
        zebra=data.zebra,
    )


def _found_column(spec: ColumnSpec, found: DatasetColumn, currency: str | None) -> Column:
    """A described column; what the description leaves open comes from the dataset."""
    column = column_of(spec, currency)
    if column.format != "auto":
        return column
    if found.type == "number":
        decimals = found.decimals if column.decimals is None else column.decimals
        return replace(column, decimals=decimals)
    return replace(column, format=found.type)


def _datasets(data: TableData) -> Iterator[DatasetUse]:
    if data.dataset:
        named = [(f"data.columns.{index}.key", spec.key) for index, spec in enumerate(data.columns or ())]
        named += [(f"data.groupBy.{index}", key) for index, key in enumerate(data.group_by)]
        yield DatasetUse("data.dataset", data.dataset, tuple(named))


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
    datasets=_datasets,
)
