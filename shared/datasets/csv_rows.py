"""Rows of a CSV: RFC 4180 with any delimiter, line end and encoding, read strictly."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from typing import NoReturn

from shared.datasets.model import MAX_COLUMNS, MAX_NAME_CHARS, MAX_ROW_CHARS
from shared.datasets.source import Lines, refuse

csv.field_size_limit(MAX_ROW_CHARS)


class CsvRows:
    """The rows after the header, each with one text per column.

    A row with fewer values than columns is filled with empty ones, and empty values beyond the last column
    are dropped, as spreadsheets leave them; empty lines are no rows.

    Raises:
        ValidationFailed: while iterating, with the line and the column of what is wrong.
    """

    def __init__(self, lines: Lines, delimiter: str, *, header: bool) -> None:
        self._lines = lines
        self._records = _records(lines, delimiter)
        first = next(self._records, [])
        self._first = [] if header else first
        #: the columns' names, all different
        self.names = _names(first, lines.count) if header else [f"Column {n + 1}" for n in range(len(first))]
        if len(first) > MAX_COLUMNS:
            refuse(lines.count, None, f"has {len(first):,} columns; a table can have {MAX_COLUMNS}")

    def __iter__(self) -> Iterator[list[str]]:
        width = len(self.names)
        if self._first:
            yield self._first
        for row in self._records:
            yield row if len(row) == width else self._fitted(row, width)

    def _fitted(self, row: list[str], width: int) -> list[str]:
        if any(row[width:]):
            refuse(self._lines.count, None, f"has {len(row):,} values for {width:,} columns")
        return [*row[:width], *[""] * (width - len(row))]


def _records(lines: Lines, delimiter: str) -> Iterator[list[str]]:
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    ended = 0
    try:
        for row in reader:
            ended = reader.line_num
            if row:
                yield row
    except csv.Error as error:
        _explain(error, lines, ended + 1, delimiter)


def _explain(error: csv.Error, lines: Lines, began: int, delimiter: str) -> NoReturn:
    """Raises what the reader's error means; `began` is the line on which the record starts."""
    text = str(error)
    if "field larger" in text or "unexpected end" in text:
        end = f"within {MAX_ROW_CHARS:,} characters" if "larger" in text else "before the end of the file"
        refuse(began, None, f"has a quoted value that is not closed {end}")
    column = _stray_quote(lines.current, delimiter, inside=lines.count > began)
    wanted = "a tab" if delimiter == "\t" else repr(delimiter)
    refuse(lines.count, column, f"a quote ends a value, so {wanted} or the end of the line must follow it")


def _stray_quote(line: str, delimiter: str, *, inside: bool) -> int:
    """Where the character stands, from 1, that follows a closing quote and may not."""
    fresh = True
    position = 0
    while position < len(line):
        character = line[position]
        following = line[position + 1 : position + 2]
        if inside and character == '"':
            if following == '"':
                position += 1
            elif following not in ("", delimiter, "\r", "\n"):
                return position + 2
            else:
                inside = False
        elif not inside:
            inside = fresh and character == '"'
            fresh = character == delimiter
        position += 1
    return len(line)


def _names(header: Sequence[str], line: int) -> list[str]:
    """The header's names, made different where they are not, and found for columns that have none."""
    names: dict[str, None] = {}
    for index, raw in enumerate(header):
        name = raw.strip() or f"Column {index + 1}"
        if len(name) > MAX_NAME_CHARS:
            refuse(line, None, f"names column {index + 1} with more than {MAX_NAME_CHARS} characters")
        unique, number = name, 2
        while unique in names:
            unique, number = f"{name} ({number})", number + 1
        names[unique] = None
    return list(names)
