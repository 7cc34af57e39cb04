"""Rows and columns as they are sent: what the `table` report and a table in a document have in common."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, field_validator, model_validator

from shared.datasets.model import DatasetColumn
from shared.reports.blocks import Align, Column, Rule, Table, Test, Tone, Total
from shared.reports.datasets import DatasetUse, RowSource
from shared.reports.fields import Currency, ReportModel, Scalar, Text, error_at
from shared.reports.presentation import StrictModel

#: more columns than this are refused
MAX_COLUMNS = 200
#: columns by which rows can be grouped
MAX_GROUPS = 4

CellFormat = Literal["text", "number", "currency", "percent", "date", "bool", "sparkline"]


def _listed(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _width(value: object) -> object:
    return None if value == "auto" else value


class RuleSpec(StrictModel):
    """A conditional format: how a cell looks whose value passes the test."""

    when: Test
    value: Scalar | None = None
    #: upper end of "between"
    upto: Scalar | None = None
    tone: Tone = "flat"
    bold: bool = False
    fill: bool = False

    @model_validator(mode="after")
    def _has_what_it_tests(self) -> RuleSpec:
        if self.when != "empty" and self.value is None:
            raise error_at("value", f'is required for "{self.when}"')
        if self.when == "between" and self.upto is None:
            raise error_at("upto", 'is required for "between"')
        return self


class ColumnSpec(ReportModel):
    """How one column is printed; everything but the key is found out from the values when it is left out."""

    #: the rows' key; of rows that are lists, column n is the n-th value whatever its key
    key: Text
    title: Text | None = None
    align: Align | None = None
    format: CellFormat | None = None
    #: digits after the decimal point
    decimals: int | None = Field(default=None, ge=0, le=12)
    currency: Currency | None = None
    #: what the last row shows for this column
    total: Total | None = None
    #: points, or "auto"
    width: Annotated[
        float | None, BeforeValidator(_width, json_schema_input_type=float | Literal["auto"] | None)
    ] = Field(default=None, ge=12, le=1000)
    #: conditional formats; the first that applies counts
    rules: list[RuleSpec] | None = Field(default=None, max_length=20)


class TableFields(ReportModel):
    """The keys of a table."""

    columns: list[ColumnSpec] | None = Field(default=None, max_length=MAX_COLUMNS)
    #: objects, or lists; not both
    rows: list[dict[str, Any] | list[Any]] = Field(default_factory=list)
    #: the id of a dataset that holds the rows; `columns` then chooses among its columns
    dataset: str | None = Field(default=None, pattern=r"^[0-9a-f]{32}$")
    #: keys of columns; their values stand above each group, and every group has its own totals
    group_by: Annotated[list[Text], BeforeValidator(_listed, json_schema_input_type=str | list[str])] = Field(
        default=[], max_length=MAX_GROUPS
    )
    #: shades every other row
    zebra: bool = True
    #: printed in place of rows when there are none
    empty: Text | None = None

    @field_validator("columns")
    @classmethod
    def _keys_differ(cls, columns: list[ColumnSpec] | None) -> list[ColumnSpec] | None:
        keys = [column.key for column in columns or ()]
        for index, key in enumerate(keys):
            if key in keys[:index]:
                raise error_at(f"{index}.key", f"{key!r} is used twice")
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
                raise error_at(str(index), message)
        return rows

    @model_validator(mode="before")
    @classmethod
    def _rows_from_one_place(cls, data: object) -> object:
        if isinstance(data, dict) and data.get("dataset") is None and "rows" not in data:
            raise error_at("rows", "is required, or a dataset in its place")
        if isinstance(data, dict) and data.get("dataset") is not None and "rows" in data:
            raise error_at("dataset", "give rows or a dataset, not both")
        return data

    @model_validator(mode="after")
    def _every_cell_has_a_column(self) -> TableFields:
        keys = dict.fromkeys(column.key for column in self.columns or ())
        for index, row in enumerate(self.rows):
            if isinstance(row, dict):
                if not row.keys() <= keys.keys():
                    keys.update(dict.fromkeys(row))
                width = len(keys)
            else:
                width = len(row)
                if self.columns is not None and width > len(self.columns):
                    raise error_at(f"rows.{index}", f"has {width} values for {len(self.columns)} columns")
            if width > MAX_COLUMNS:
                message = f"makes {width} columns; a table can have {MAX_COLUMNS}"
                raise error_at(f"rows.{index}", message)
        for index, key in enumerate(self.group_by):
            if key not in keys and self.dataset is None:
                raise error_at(f"groupBy.{index}", f"names no column: {key!r}")
            if key in self.group_by[:index]:
                raise error_at(f"groupBy.{index}", f"{key!r} is used twice")
        return self


@dataclass(frozen=True, slots=True)
class _Picked:
    """Rows that are objects, as lists in the order of the keys; made again each time they are asked for."""

    rows: Sequence[dict[str, Any] | list[Any]]
    keys: Sequence[str]

    def __iter__(self) -> Iterator[Sequence[Any]]:
        keys = self.keys
        return (list(map(row.get, keys)) for row in self.rows if isinstance(row, dict))


def _keys_of(rows: Sequence[dict[str, Any] | list[Any]]) -> dict[str, None]:
    """The keys of all rows, in order of appearance."""
    keys: dict[str, None] = {}
    for row in rows:
        if isinstance(row, dict) and not row.keys() <= keys.keys():
            keys.update(dict.fromkeys(row))
    return keys


def column_count(spec: TableFields) -> int:
    """Columns that the table will have."""
    keys = dict.fromkeys(column.key for column in spec.columns or ())
    widest = 0
    for row in spec.rows:
        if isinstance(row, dict):
            keys.update(dict.fromkeys(row))
        else:
            widest = max(widest, len(row))
    return max(len(keys), widest)


def table_block(
    spec: TableFields, source: Callable[[str], RowSource], currency: str | None = None, title: str = ""
) -> Table:
    """The table that the keys describe; `source` gives the rows of the dataset that they name."""
    table = _inline_table(spec, currency) if spec.dataset is None else _dataset_table(spec, source, currency)
    return replace(table, empty_text=spec.empty, zebra=spec.zebra, title=title)


def _inline_table(spec: TableFields, currency: str | None) -> Table:
    """Rows as they were sent, put in order of their groups."""
    specs = spec.columns or []
    known = {one.key for one in specs}
    keys = [one.key for one in specs]
    columns = [_column(one, currency) for one in specs]
    rows: Iterable[Sequence[Any]]
    if spec.rows and isinstance(spec.rows[0], dict):
        keys += [key for key in _keys_of(spec.rows) if key not in known]
        columns += [Column(key) for key in keys[len(specs) :]]
        rows = _Picked(spec.rows, keys)
    else:
        width = max((len(row) for row in spec.rows), default=0)
        columns += [Column(f"Column {index + 1}") for index in range(len(columns), width)]
        rows = [row for row in spec.rows if isinstance(row, list)]
    if spec.rows and not columns:
        # Rows without any value are rows still, and are counted.
        columns = [Column("Column 1")]
    groups = tuple(keys.index(key) for key in spec.group_by)
    if groups:
        rows = in_groups(list(rows), groups)
    return Table(tuple(columns), rows, len(spec.rows), group_by=groups)


def _dataset_table(spec: TableFields, source: Callable[[str], RowSource], currency: str | None) -> Table:
    """The rows of a dataset as they come: the columns that are described, or all of them."""
    rows = source(spec.dataset or "")
    found = {column.name: column for column in rows.columns}
    specs = list(spec.columns) if spec.columns is not None else [ColumnSpec(key=name) for name in found]
    described = {one.key for one in specs}
    specs += [ColumnSpec(key=key) for key in spec.group_by if key not in described]
    names = [one.key for one in specs]
    columns = tuple(_found_column(one, found[one.key], currency) for one in specs)
    groups = tuple(names.index(key) for key in spec.group_by)
    return Table(columns, rows.rows(names), rows.row_count, group_by=groups)


def _found_column(spec: ColumnSpec, found: DatasetColumn, currency: str | None) -> Column:
    """A described column; what the description leaves open comes from the dataset."""
    column = _column(spec, currency)
    if column.format != "auto":
        return column
    if found.type == "number":
        return replace(column, decimals=found.decimals if column.decimals is None else column.decimals)
    return replace(column, format=found.type)


def dataset_uses(spec: TableFields, path: str) -> Iterator[DatasetUse]:
    """The dataset that a table at that path names, and the columns that it names of it."""
    if spec.dataset is not None:
        columns = [(f"{path}.columns.{index}.key", one.key) for index, one in enumerate(spec.columns or ())]
        groups = [(f"{path}.groupBy.{index}", key) for index, key in enumerate(spec.group_by)]
        yield DatasetUse(f"{path}.dataset", spec.dataset, (*columns, *groups))


def group_key(value: Any) -> object:
    """Equal for values of one group: 1 and 1.0, no value and an empty text; not for 0 and false."""
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return (value,)
    return value if isinstance(value, (str, int, float)) else repr(value)


def in_groups(rows: list[Sequence[Any]], groups: Sequence[int]) -> list[Sequence[Any]]:
    """The rows with those of one group together; groups and rows keep the order of their first appearance."""
    ranks: list[dict[object, int]] = [{} for _ in groups]

    def place(row: Sequence[Any]) -> tuple[int, ...]:
        found = []
        for rank, index in zip(ranks, groups, strict=True):
            value = group_key(row[index] if index < len(row) else None)
            found.append(rank.setdefault(value, len(rank)))
        return tuple(found)

    return sorted(rows, key=place)


def _column(spec: ColumnSpec, currency: str | None) -> Column:
    return Column(
        title=spec.key if spec.title is None else spec.title,
        format=spec.format or "auto",
        align=spec.align,
        decimals=spec.decimals,
        currency=spec.currency or currency,
        total=spec.total,
        width=spec.width,
        rules=tuple(_rule(rule) for rule in spec.rules or ()),
    )


def _rule(spec: RuleSpec) -> Rule:
    return Rule(spec.when, spec.value, spec.upto, spec.tone, spec.bold, spec.fill)
