"""Rows of NDJSON (a row per line) and of JSON (one array of rows); none of them is kept."""

from __future__ import annotations

import io
import json
import math
import re
from collections.abc import Iterator
from typing import Any, NoReturn

from shared.datasets.model import MAX_ROW_CHARS
from shared.datasets.source import Lines, refuse
from shared.errors import ValidationFailed

Row = dict[str, Any] | list[Any]

_BLOCK_CHARS = 1 << 16
_SPACE = re.compile(r"[ \t\r\n]*")
# A row is looked at closely when it may hold what no report can print: control characters and surrogates, as
# such or escaped, integers beyond all bounds, deep nesting.
_BAD_ESCAPE = re.compile(r"\\u00[01789]|\\u[dD][89a-fA-F]|\\[bf]")
_BAD_CHARACTER = re.compile(r"[\x7f-\x9f\ud800-\udfff]")
_MANY_DIGITS = re.compile(r"\d{300}", re.ASCII)
_MANY_BRACKETS = 32


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"has {name}, which is not JSON")


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ValueError(f"has the number {text[:40]}, which is beyond all bounds")
    return number


_DECODE = json.JSONDecoder(parse_constant=_no_constant, parse_float=_finite).raw_decode


class NdjsonRows:
    """The rows of NDJSON; empty lines are no rows.

    Raises:
        ValidationFailed: while iterating, with the line and the column of what is wrong.
    """

    def __init__(self, lines: Lines, *, checked: bool) -> None:
        self._lines, self._checked = lines, checked

    @property
    def chars(self) -> int:
        """Characters read so far."""
        return self._lines.chars

    @property
    def line(self) -> int:
        """The line of the last row, from 1."""
        return self._lines.count

    def __iter__(self) -> Iterator[Row]:
        for line in self._lines:
            text = line.strip(" \t\r\n")
            if not text:
                continue
            try:
                row, end = _DECODE(text)
            except (ValueError, RecursionError) as error:
                place = getattr(error, "pos", None)
                column = None if place is None else place + 1 + line.index(text[0])
                refuse(self.line, column, _reason(error))
            if end != len(text):
                place = line.index(text[0]) + len(text) - len(text[end:].lstrip())
                refuse(self.line, place + 1, "something follows the row on its line")
            if self._checked and (problem := problem_of_row(row, text)):
                refuse(self.line, None, problem)
            yield row


class JsonRows:
    """The rows of a JSON array.

    Raises:
        ValidationFailed: while iterating, with the line and the column of what is wrong.
    """

    def __init__(self, text: io.TextIOBase, *, checked: bool) -> None:
        self._window, self._checked = _Window(text), checked

    @property
    def chars(self) -> int:
        """Characters read so far."""
        return self._window.chars

    @property
    def line(self) -> int:
        """The line on which the last row ends, from 1."""
        return self._window.place(0)[0]

    def __iter__(self) -> Iterator[Row]:
        window = self._window
        window.take("[", "a JSON dataset must be one array of rows; a row per line is NDJSON (format=ndjson)")
        if window.peek() == "]":
            window.take("]", "")
        else:
            yield from self._items()
        if window.peek():
            window.fail("something follows the array")

    def _items(self) -> Iterator[Row]:
        window = self._window
        while True:
            if window.peek() not in ("{", "["):
                window.fail("a row must be an object or an array")
            row, text = window.row()
            if self._checked and (problem := problem_of_row(row, text)):
                refuse(self.line, None, problem)
            yield row
            if window.peek() == "]":
                window.take("]", "")
                return
            window.take(",", "a comma or the end of the array must follow a row")


class _Window:
    """The part of a text that is being looked at."""

    def __init__(self, text: io.TextIOBase) -> None:
        self._text = text
        self._buffer, self._at = "", 0
        self._line, self._column = 1, 1
        self.chars = 0

    def peek(self) -> str:
        """The next character that is no space; empty at the end."""
        while True:
            match = _SPACE.match(self._buffer, self._at)
            self._at = match.end() if match else self._at
            if self._at < len(self._buffer):
                return self._buffer[self._at]
            if not self._more():
                return ""

    def take(self, character: str, otherwise: str) -> None:
        """Goes past that character."""
        if self.peek() != character:
            self.fail(otherwise)
        self._at += 1

    def row(self) -> tuple[Any, str]:
        """The value that starts here, and its text."""
        while True:
            try:
                value, end = _DECODE(self._buffer, self._at)
            except (ValueError, RecursionError) as error:
                place = getattr(error, "pos", None)
                if place is None:
                    refuse(self.place(0)[0], None, _reason(error))
                offset = place - self._at
                if len(self._buffer) - self._at > MAX_ROW_CHARS:
                    self.fail(
                        f"{_reason(error)}, or the row is longer than {MAX_ROW_CHARS:,} characters", offset
                    )
                if not self._more():
                    self.fail(_reason(error), offset)
                continue
            text = self._buffer[self._at : end]
            self._at = end
            return value, text

    def place(self, offset: int) -> tuple[int, int]:
        """Line and column, from 1, of the character `offset` after the current one."""
        passed = self._buffer[: self._at + offset]
        newlines = passed.count("\n")
        if newlines:
            return self._line + newlines, len(passed) - passed.rfind("\n")
        return self._line, self._column + len(passed)

    def fail(self, message: str, offset: int = 0) -> NoReturn:
        """Raises a ValidationFailed for that place."""
        if not self._buffer and not self.chars:
            message = "the dataset is empty"
        refuse(*self.place(offset), message)

    def _more(self) -> bool:
        # as much again as there is, so that a long row is not looked at many times
        block = self._text.read(max(_BLOCK_CHARS, len(self._buffer) - self._at))
        self._line, self._column = self.place(0)
        self._buffer, self._at = self._buffer[self._at :] + block, 0
        self.chars += len(block)
        return bool(block)


def problem_of_row(row: object, text: str) -> str:
    """Why a row is no row, or holds what no report can print; empty when nothing is wrong."""
    if not isinstance(row, (dict, list)):
        return "is no row: a row must be an object or an array"
    if not _is_suspect(text):
        return ""
    # brings the report types with it, and is hardly ever needed
    from shared.reports.jsoncheck import check_json

    try:
        check_json(row)
    except ValidationFailed as error:
        first = error.errors[0]
        return f"has a value that can't be printed: {first.path.removeprefix('data.')}: {first.message}"
    return ""


def _is_suspect(text: str) -> bool:
    if "\\" in text and _BAD_ESCAPE.search(text):
        return True
    if not text.isprintable() and _BAD_CHARACTER.search(text):
        return True
    if len(text) > 300 and _MANY_DIGITS.search(text):
        return True
    return text.count("[") + text.count("{") > _MANY_BRACKETS


def _reason(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "is nested too deep"
    if isinstance(error, json.JSONDecodeError):
        return error.msg[:1].lower() + error.msg[1:]
    text = str(error)
    # Python's own limit on integers that are spelt
    return "has a number of too many digits" if text.startswith("Exceeds the limit") else text
