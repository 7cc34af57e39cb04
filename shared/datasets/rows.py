"""The rows of a stored dataset for a report: read as they were recorded, and compared with the record."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from shared.datasets.csv_rows import CsvRows
from shared.datasets.json_rows import JsonRows, NdjsonRows, Row
from shared.datasets.model import Dataset, DatasetColumn
from shared.datasets.source import Lines, Source, Text
from shared.errors import DatasetDamaged, DatasetMissing, ValidationFailed

_Convert = Callable[[str], Any]


class DatasetRows:
    """A dataset that is read row by row; nothing of it is kept."""

    def __init__(self, path: Path, dataset: Dataset) -> None:
        self._path = path
        #: its record
        self.dataset = dataset
        #: rows given out so far, by all readings together
        self.received = 0

    @property
    def columns(self) -> tuple[DatasetColumn, ...]:
        """The recorded columns."""
        return self.dataset.columns

    @property
    def row_count(self) -> int:
        """The recorded number of rows."""
        return self.dataset.rows

    def again(self) -> DatasetRows:
        """Another reading of the same dataset, whose rows are counted apart."""
        return DatasetRows(self._path, self.dataset)

    def rows(self, names: Sequence[str]) -> Iterator[list[Any]]:
        """Every row, with the values of the named columns; numbers and booleans as such, None for no value.

        Raises:
            DatasetMissing: the file is gone.
            DatasetDamaged: after or before the last row: its bytes or rows are not those that were recorded.
        """
        count = 0
        try:
            with self._path.open("rb", buffering=0) as file:
                source = Source(file)
                for row in self._selected(source, names):
                    count += 1
                    self.received += 1
                    yield row
                source.drain()
        except FileNotFoundError:
            raise DatasetMissing(self.dataset.id) from None
        except (ValidationFailed, UnicodeDecodeError):
            raise DatasetDamaged(self.dataset.id) from None
        recorded = self.dataset
        if (source.size, source.sha256, count) != (recorded.bytes, recorded.sha256, recorded.rows):
            raise DatasetDamaged(recorded.id)

    def _selected(self, source: Source, names: Sequence[str]) -> Iterator[list[Any]]:
        dialect = self.dataset.dialect
        with _Open(source, dialect.encoding) as text:
            if dialect.format == "csv":
                lines = Lines(text, checked=False)
                yield from self._texts(CsvRows(lines, dialect.delimiter, header=dialect.header), names)
            elif dialect.format == "ndjson":
                yield from self._values(NdjsonRows(Lines(text, checked=False), checked=False), names)
            else:
                yield from self._values(JsonRows(text, checked=False), names)

    def _texts(self, rows: CsvRows, names: Sequence[str]) -> Iterator[list[Any]]:
        at = {column.name: index for index, column in enumerate(self.columns)}
        picked = [(at[name], _converter(self.columns[at[name]])) for name in names]
        for row in rows:
            yield [convert(row[index]) if convert else row[index] for index, convert in picked]

    def _values(self, rows: NdjsonRows | JsonRows, names: Sequence[str]) -> Iterator[list[Any]]:
        at = {column.name: index for index, column in enumerate(self.columns)}
        places = [at[name] for name in names]
        row: Row
        for row in rows:
            if isinstance(row, dict):
                yield [row.get(name) for name in names]
            else:
                yield [row[place] if place < len(row) else None for place in places]


class _Open(Text):
    """Leaves its source open at the end, which is asked for its sum then."""

    def __exit__(self, *_error: object) -> None:
        self.detach()


def _converter(column: DatasetColumn) -> _Convert | None:
    """How a text of this column becomes a value; None leaves it as it is."""
    if column.type == "bool":
        return _bool
    if column.type == "date":
        return _date
    if column.type != "number":
        return None
    if column.comma:
        return _comma_number
    return _whole if column.decimals == 0 else _fraction


def _bool(text: str) -> bool | None:
    return text.lower() in ("true", "yes") if text else None


def _date(text: str) -> str | None:
    return text.replace("/", "-") if text else None


def _whole(text: str) -> int | float | None:
    if not text:
        return None
    try:
        return int(text)
    except ValueError:
        return float(text)


def _fraction(text: str) -> float | None:
    return float(text) if text else None


def _comma_number(text: str) -> float | None:
    return float(text.replace(",", ".")) if text else None
