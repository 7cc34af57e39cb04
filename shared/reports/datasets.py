"""How a report names a dataset where it takes rows, and how the rows get to it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from shared.datasets.model import Dataset, DatasetColumn
from shared.errors import FieldError


class RowSource(Protocol):
    """Rows that come from outside the request, read once and not kept."""

    @property
    def columns(self) -> tuple[DatasetColumn, ...]:
        """All columns there are."""

    @property
    def row_count(self) -> int:
        """How many rows there are."""

    def rows(self, names: Sequence[str]) -> Iterator[list[Any]]:
        """Every row with the values of the named columns."""


#: dataset id → its rows
Sources = Mapping[str, RowSource]


@dataclass(frozen=True, slots=True)
class DatasetUse:
    """A place in a report's data that names a dataset."""

    #: of the id, from the body's root: `data.dataset`
    path: str
    dataset_id: str
    #: columns of the dataset that the report names: their paths and their names
    columns: tuple[tuple[str, str], ...] = ()


def dataset_errors(uses: Iterable[DatasetUse], records: Mapping[str, Dataset]) -> list[FieldError]:
    """What is wrong with those uses, when these are all datasets that exist of those named."""
    errors = []
    for use in uses:
        record = records.get(use.dataset_id)
        if record is None:
            errors.append(FieldError(use.path, f"there is no dataset {use.dataset_id[:64]!r}"))
            continue
        names = [column.name for column in record.columns]
        known = ", ".join(names[:20]) + (", …" if len(names) > 20 else "")
        errors += [
            FieldError(path, f"the dataset has no column {name[:100]!r}; it has {known or 'none'}")
            for path, name in use.columns
            if name not in names
        ]
    return errors
