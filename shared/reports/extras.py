"""Keys that a type does not know: found wherever they are in the data, and printed, never dropped."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from pydantic import BaseModel

from shared.reports.blocks import Block, Column, Heading, Paragraph, Table
from shared.reports.locales import Formats
from shared.reports.presentation import Presented

# how a report is to look: an unknown key in there is a mistake, and never gets here
_LOOKS = frozenset(Presented.model_fields)
_SCALARS = frozenset({str, int, float, bool, type(None)})
_MAX_TABLE_COLUMNS = 24
_MAX_EXTRA_COLUMNS = 12


def further_data(data: Presented, in_tables: Iterable[str] = ()) -> Iterator[Block]:
    """Blocks that print all unknown keys of `data` and of the models in it.

    `in_tables` names the fields whose items' unknown keys are columns of a table already.
    """
    formats, skipped = data.formats, _LOOKS.union(in_tables)
    found = list(_unknown(data, "", skipped))
    loose = [(path, value) for path, value in found if not _is_table(value)]
    if loose:
        leaves = [leaf for path, value in loose for leaf in _leaves(path, value, formats)]
        yield Heading(formats.say("furtherData"))
        columns = (Column(formats.say("field"), "text"), Column(formats.say("value"), "text"))
        yield Table(columns, leaves, len(leaves), counted=False)
    for path, value in found:
        if _is_table(value):
            yield Heading(path)
            yield from _table(value)


class ExtraColumns:
    """Columns for the unknown keys of rows, in order of appearance; one for all when they are too many."""

    def __init__(self, rows: Sequence[BaseModel], formats: Formats) -> None:
        self._formats = formats
        self._keys = tuple(dict.fromkeys(key for row in rows for key in row.__pydantic_extra__ or ()))
        self._together = len(self._keys) > _MAX_EXTRA_COLUMNS
        titles = (formats.say("furtherData"),) if self._together else self._keys
        self.columns = tuple(map(Column, titles))

    def values(self, row: BaseModel) -> list[Any]:
        """What a row has in these columns."""
        if not self._keys:
            return []
        extra = row.__pydantic_extra__ or {}
        if self._together:
            return [self._formats.plain(extra) or None]
        return [extra.get(key) for key in self._keys]


def filled_table(
    columns: Sequence[Column], rows: Sequence[Sequence[Any]], empty_text: str, *, always: int = 1
) -> Table:
    """A table without the columns that have no value at all; the first `always` stay in any case."""
    kept = [
        index
        for index in range(len(columns))
        if index < always or any(row[index] is not None and row[index] != "" for row in rows)
    ]
    chosen = tuple(columns[index] for index in kept) if rows else tuple(columns)
    if len(kept) == len(columns):
        return Table(chosen, rows, len(rows), empty_text)
    return Table(chosen, ([row[index] for index in kept] for row in rows), len(rows), empty_text)


def _unknown(model: BaseModel, prefix: str, skipped: frozenset[str]) -> Iterator[tuple[str, Any]]:
    for key, value in (model.__pydantic_extra__ or {}).items():
        yield f"{prefix}{key}", value
    values = model.__dict__
    for name, key in _fields(type(model)):
        value = values.get(name)
        if type(value) in _SCALARS or name in skipped:
            continue
        path = f"{prefix}{key}"
        if isinstance(value, BaseModel):
            yield from _unknown(value, f"{path}.", frozenset())
        elif isinstance(value, list):
            for index, item in enumerate(value):
                if isinstance(item, BaseModel) and not _is_flat(item):
                    yield from _unknown(item, f"{path}.{index}.", frozenset())


@cache
def _fields(model: type[BaseModel]) -> tuple[tuple[str, str], ...]:
    """Name of each field, and its key in JSON."""
    return tuple((name, info.alias or name) for name, info in model.model_fields.items())


def _is_flat(model: BaseModel) -> bool:
    """Nothing unknown is in it, and nothing that could hold more."""
    return not model.__pydantic_extra__ and _SCALARS.issuperset(map(type, model.__dict__.values()))


def _is_table(value: Any) -> bool:
    """True for a list of objects that reads better as a table than as a list of paths."""
    if not (
        isinstance(value, list) and len(value) > 1 and all(isinstance(row, dict) and row for row in value)
    ):
        return False
    return len({key for row in value for key in row}) <= _MAX_TABLE_COLUMNS


def _table(rows: list[dict[str, Any]]) -> Iterator[Block]:
    keys = list(dict.fromkeys(key for row in rows for key in row))
    columns = tuple(Column(key) for key in keys)
    yield Table(columns, ([row.get(key) for key in keys] for row in rows), len(rows), counted=False)


def _leaves(path: str, value: Any, formats: Formats) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping) and value:
        for key, item in value.items():
            yield from _leaves(f"{path}.{key}", item, formats)
    elif isinstance(value, list) and any(isinstance(item, (dict, list)) for item in value):
        for index, item in enumerate(value):
            yield from _leaves(f"{path}.{index}", item, formats)
    else:
        yield path, formats.plain(value)


def notes(text: str | None) -> Iterator[Block]:
    """The closing paragraph of a report."""
    if text and text.strip():
        yield Paragraph(text, muted=True)
