"""Counts rows and finds columns while rows pass by, a batch at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import zip_longest
from typing import Any, Protocol, TypeVar

from shared.datasets.csv_rows import CsvRows
from shared.datasets.infer import TextGuess, ValueGuess
from shared.datasets.json_rows import JsonRows, NdjsonRows
from shared.datasets.model import MAX_COLUMNS, MAX_NAME_CHARS, DatasetColumn
from shared.datasets.source import Lines, refuse

R = TypeVar("R")
_BATCH_ROWS = 1024
_BATCH_CHARS = 4 << 20


class _Measured(Protocol):
    @property
    def chars(self) -> int: ...


def tally_csv(rows: CsvRows, lines: Lines, delimiter: str) -> tuple[int, tuple[DatasetColumn, ...]]:
    """How many rows there are, and their columns."""
    guesses = [TextGuess(may_have_commas=delimiter != ",") for _ in rows.names]
    count = 0
    for batch in _batches(rows, lines):
        count += len(batch)
        for guess, values in zip(guesses, zip(*batch, strict=True), strict=True):
            guess.add(values)
    return count, tuple(guess.column(name) for guess, name in zip(guesses, rows.names, strict=True))


def tally_json(rows: NdjsonRows | JsonRows) -> tuple[int, tuple[DatasetColumn, ...]]:
    """The same for rows that are all objects or all arrays; columns in the order in which they appear."""
    guesses: dict[str, ValueGuess] = {}
    count = 0
    for batch in _batches(_alike(rows, guesses), rows):
        count += len(batch)
        if type(batch[0]) is dict:
            for key, guess in guesses.items():
                guess.add([row.get(key) for row in batch])
        else:
            for guess, values in zip(guesses.values(), zip_longest(*batch), strict=False):
                guess.add(values)
    return count, tuple(guess.column(name) for name, guess in guesses.items())


def _batches(rows: Iterable[R], measured: _Measured) -> Iterator[list[R]]:
    batch: list[R] = []
    began = measured.chars
    for row in rows:
        batch.append(row)
        if len(batch) == _BATCH_ROWS or measured.chars - began > _BATCH_CHARS:
            yield batch
            batch, began = [], measured.chars
    if batch:
        yield batch


def _alike(rows: NdjsonRows | JsonRows, guesses: dict[str, ValueGuess]) -> Iterator[Any]:
    """The rows; each column gets its guess where it appears first."""
    kind: type | None = None
    row: Any
    for row in rows:
        if type(row) is not kind:
            if kind is not None:
                was = "an object" if kind is dict else "an array"
                refuse(rows.line, None, f"must be {was} like the rows before")
            kind = type(row)
        if kind is dict:
            if not row.keys() <= guesses.keys():
                _add_columns(row, guesses, rows.line)
        elif len(row) > len(guesses):
            _add_columns((f"Column {index + 1}" for index in range(len(row))), guesses, rows.line)
        yield row


def _add_columns(names: Iterable[str], guesses: dict[str, ValueGuess], line: int) -> None:
    for name in names:
        if len(name) > MAX_NAME_CHARS:
            refuse(line, None, f"has a key of more than {MAX_NAME_CHARS} characters")
        guesses.setdefault(name, ValueGuess())
        if len(guesses) > MAX_COLUMNS:
            refuse(line, None, f"makes more than {MAX_COLUMNS} columns; a table can have no more")
