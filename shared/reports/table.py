"""The `table` report: any rows, with columns as described or as found in the rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from shared.datasets.model import DatasetColumn
from shared.errors import FieldError, ValidationFailed
from shared.reports.blocks import Block, Column, Paragraph, Table
from shared.reports.datasets import DatasetUse
from shared.reports.extras import further_data, notes
from shared.reports.fields import Currency, ReportModel, Text
from shared.reports.types import ReportType

#: more columns than this are refused
MAX_COLUMNS = 200

Align = Literal["left", "right", "center"]
Format = Literal["text", "number", "currency", "percent", "date", "bool"]
Total = Literal["sum", "avg", "min", "max", "count"]


class ColumnSpec(ReportModel):
    """How one column is printed; everything but the key is found out from the values when it is left out."""

    #: the rows' key; of rows that are lists, column n is the n-th value whatever its key
    key: Text
    title: Text | None = None
    align: Align | None = None
    format: Format | None = None
    #: digits after the decimal point
    decimals: int | None = Field(default=None, ge=0, le=12)
    currency: Currency | None = None
    #: what the last row shows for this column
    total: Total | None = None


class TableData(ReportModel):
    """Data of a table report."""

    #: printed under the title
    summary: Text | None = None
    columns: list[ColumnSpec] | None = Field(default=None, max_length=MAX_COLUMNS)
    #: objects, or lists; not both
    rows: list[dict[str, Any] | list[Any]] = Field(default_factory=list)
    #: the id of a dataset that holds the rows; `columns` then chooses among its columns
    dataset: str | None = Field(default=None, pattern=r"^[0-9a-f]{32}$")
    notes: Text | None = None

    @field_validator("columns")
    @classmethod
    def _keys_differ(cls, columns: list[ColumnSpec] | None) -> list[ColumnSpec] | None:
        keys = [column.key for column in columns or ()]
        for index, key in enumerate(keys):
            if key in keys[:index]:
                raise ValidationFailed([FieldError(f"data.columns.{index}.key", f"{key!r} is used twice")])
        return columns

    @field_validator("rows", mode="before")
    @classmethod
    def _rows_are_alike(cls, rows: object) -> object:
        if not isinstance(rows, list):
            return rows
        kind = dict if rows and isinstance(rows[0], dict) else list
        for index, row in enumerate(rows):
            if not isinstance(row, kind):
                wanted = (
                    "an object or a list",
                    "a list like the rows before",
                    "an object like the rows before",
                )
                message = f"must be {wanted[0 if index == 0 else 1 if kind is list else 2]}"
                raise ValidationFailed([FieldError(f"data.rows.{index}", message)])
        return rows

    @model_validator(mode="before")
    @classmethod
    def _rows_from_one_place(cls, data: object) -> object:
        if isinstance(data, dict) and data.get("dataset") is None and "rows" not in data:
            raise ValidationFailed([FieldError("data.rows", "is required, or a dataset in its place")])
        if isinstance(data, dict) and data.get("dataset") is not None and "rows" in data:
            raise ValidationFailed([FieldError("data.dataset", "give rows or a dataset, not both")])
        return data

    @model_validator(mode="after")
    def _every_cell_has_a_column(self) -> TableData:
        keys = dict.fromkeys(column.key for column in self.columns or ())
        for index, row in enumerate(self.rows):
            if isinstance(row, dict):
                if not row.keys() <= keys.keys():
                    keys.update(dict.fromkeys(row))
                width = len(keys)
            else:
                width = len(row)
                if self.columns is not None and width > len(self.columns):
                    message = f"has {width} values for {len(self.columns)} columns"
                    raise ValidationFailed([FieldError(f"data.rows.{index}", message)])
            if width > MAX_COLUMNS:
                message = f"makes {width} columns; a table can have {MAX_COLUMNS}"
                raise ValidationFailed([FieldError(f"data.rows.{index}", message)])
        return self


def _blocks(data: TableData) -> Iterator[Block]:
    if data.summary:
        yield Paragraph(data.summary)
    yield _dataset_table(data, data.dataset) if data.dataset else _inline_table(data)
    yield from notes(data.notes)
    yield from further_data(data)


def _dataset_table(data: TableData, dataset_id: str) -> Table:
    """The rows of a dataset: the columns that are described, or all of them."""
    source = data.source(dataset_id)
    found = {column.name: column for column in source.columns}
    specs = data.columns if data.columns is not None else [ColumnSpec(key=name) for name in found]
    columns = tuple(_found_column(spec, found[spec.key]) for spec in specs)
    return Table(columns, source.rows([spec.key for spec in specs]), source.row_count)


def _found_column(spec: ColumnSpec, found: DatasetColumn) -> Column:
    """A described column; what the description leaves open comes from the dataset."""
    column = _column(spec)
    if column.format != "auto":
        return column
    if found.type == "number":
        decimals = found.decimals if column.decimals is None else column.decimals
        return replace(column, decimals=decimals)
    return replace(column, format=found.type)


def _inline_table(data: TableData) -> Table:
    specs = data.columns or []
    known = {spec.key for spec in specs}
    columns = [_column(spec) for spec in specs]
    rows: Iterable[Sequence[Any]]
    if data.rows and isinstance(data.rows[0], dict):
        keys = [spec.key for spec in specs]
        keys += [key for key in dict.fromkeys(k for row in data.rows for k in row) if key not in known]
        columns += [Column(key) for key in keys[len(specs) :]]
        rows = (list(map(row.get, keys)) for row in data.rows if isinstance(row, dict))
    else:
        width = max((len(row) for row in data.rows), default=0)
        columns += [Column(f"Column {index + 1}") for index in range(len(columns), width)]
        rows = (row for row in data.rows if isinstance(row, list))
    if data.rows and not columns:
        # Rows without any value are rows still, and are counted.
        columns = [Column("Column 1")]
    return Table(tuple(columns), rows, len(data.rows))


def _datasets(data: TableData) -> Iterator[DatasetUse]:
    if data.dataset:
        named = ((f"data.columns.{index}.key", spec.key) for index, spec in enumerate(data.columns or ()))
        yield DatasetUse("data.dataset", data.dataset, tuple(named))


def _column(spec: ColumnSpec) -> Column:
    return Column(
        title=spec.key if spec.title is None else spec.title,
        format=spec.format or "auto",
        align=spec.align,
        decimals=spec.decimals,
        currency=spec.currency,
        total=spec.total,
    )


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
    rows_key="rows",
    datasets=_datasets,
)
