"""The type of a column, from all of its values: a whole batch is tested by a few calls into C."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Sequence
from typing import Any, Literal

from shared.datasets.model import DatasetColumn

_Candidate = Literal["number", "comma", "date", "bool"]

_NOT_IN_NUMBERS = b"0123456789+-.eE \n"
_NOT_IN_COMMA_NUMBERS = b"0123456789-, \n"
# 00123 and +49 30 123 name something; they are not amounts.
_IDENTIFIER = re.compile(r"\n *(?:\+|-?0\d)")
# with the year first, which leaves no doubt about day and month
_DATE = r"\d{4}([-/])(?:0[1-9]|1[0-2])\1(?:0[1-9]|[12]\d|3[01])(?:[T ]\d\d:[0-9:.,+Z-]+)?"
_DATES = re.compile(rf"(?:\n{_DATE})+", re.ASCII)
# 1,234 may be a thousand or a fraction; only other numbers of digits show that the comma is a decimal one.
_DECIMAL_COMMA = re.compile(r",(?:\d{1,2}|\d{4,})(?:\n|$)|\n-?0,", re.ASCII)
_BOOLS = frozenset({"true", "false", "yes", "no"})
#: a float holds so many digits exactly; longer decimal fractions stay text
_EXACT_DIGITS = 15
#: the digits after the point that a column of a report may have
_MOST_DECIMALS = 12


class TextGuess:
    """What a column of a CSV may still be. Empty values say nothing.

    `may_have_commas`: the values are not divided by commas, so one may be a decimal comma.
    """

    def __init__(self, *, may_have_commas: bool = False) -> None:
        self._candidates: list[_Candidate] = ["number", "date", "bool"]
        if may_have_commas:
            self._candidates.insert(1, "comma")
        self._seen = self._is_decimal_comma = self._has_points = False
        self._decimals = self._longest = 0
        self._exponents = False

    def add(self, values: Sequence[str]) -> None:
        """Looks at further values."""
        if not self._candidates:
            return
        known = [value for value in values if value]
        if not known:
            return
        self._seen = True
        # each value on a line of its own, so that one search tests them all
        lines = "\n" + "\n".join(known)
        if lines.count("\n") != len(known):
            self._candidates = []
            return
        self._candidates = [what for what in self._candidates if self._fits(what, known, lines)]

    def column(self, name: str) -> DatasetColumn:
        """The column as all values so far show it; one without any value is text."""
        inexact = self._has_points and self._longest > _EXACT_DIGITS + 1
        left = [what for what in self._candidates if not (inexact and what in ("number", "comma"))]
        kind = left[0] if left and self._seen else None
        if kind == "comma" and not self._is_decimal_comma:
            kind = None
        if kind == "number" or kind == "comma":
            decimals = None if self._exponents else self._decimals
            return DatasetColumn(name, "number", decimals, comma=kind == "comma")
        return DatasetColumn(name, kind or "text")

    def _fits(self, what: _Candidate, known: list[str], lines: str) -> bool:
        if what == "number":
            return self._are_numbers(known, lines)
        if what == "comma":
            return self._are_comma_numbers(known, lines)
        if what == "date":
            return are_dates(known, lines)
        return len(known[0]) <= 5 and {value.lower() for value in known} <= _BOOLS

    def _are_numbers(self, known: list[str], lines: str) -> bool:
        if not _consists_of(lines, _NOT_IN_NUMBERS) or _has_identifiers(lines):
            return False
        try:
            if not all(map(math.isfinite, map(float, known))):
                return False
        except ValueError:
            return False
        self._exponents = self._exponents or "e" in lines or "E" in lines
        self._measure(known, lines, ".")
        return True

    def _are_comma_numbers(self, known: list[str], lines: str) -> bool:
        if not _consists_of(lines, _NOT_IN_COMMA_NUMBERS) or _has_identifiers(lines):
            return False
        try:
            for value in known:
                float(value.replace(",", ".", 1))
        except ValueError:
            return False
        if "," in lines:
            self._is_decimal_comma = self._is_decimal_comma or _DECIMAL_COMMA.search(lines) is not None
        self._measure(known, lines, ",")
        return True

    def _measure(self, known: list[str], lines: str, point: str) -> None:
        """How long the values are, and their fractions: one may be whole and another have a fraction."""
        self._longest = max(self._longest, *map(len, known))
        if point not in lines:
            return
        self._has_points = True
        fraction = re.escape(point) + r"\d" * self._decimals
        while self._decimals < _MOST_DECIMALS and re.search(fraction := fraction + r"\d", lines):
            self._decimals += 1


class ValueGuess:
    """What a column of JSON values may still be. Nulls say nothing."""

    def __init__(self) -> None:
        self._kind: str | None = None

    def add(self, values: Sequence[Any]) -> None:
        """Looks at further values."""
        if self._kind == "text":
            return
        known = [value for value in values if value is not None]
        if known:
            kind = _kind_of(known)
            self._kind = kind if self._kind in (None, kind) else "text"

    def column(self, name: str) -> DatasetColumn:
        """The column as all values so far show it."""
        kinds: dict[str | None, DatasetColumn] = {
            "number": DatasetColumn(name, "number"),
            "date": DatasetColumn(name, "date"),
            "bool": DatasetColumn(name, "bool"),
        }
        return kinds.get(self._kind, DatasetColumn(name, "text"))


def are_dates(known: Sequence[str], lines: str) -> bool:
    """Whether all are dates that exist, 2026-01-31 or 2026/01/31; `lines` holds each after a line feed."""
    if not _DATES.fullmatch(lines):
        return False
    try:
        for value in known:
            dt.date.fromisoformat(value[:10].replace("/", "-"))
    except ValueError:
        return False
    return True


def _kind_of(known: list[Any]) -> str:
    types = set(map(type, known))
    if types <= {int, float}:
        return "number"
    if types == {bool}:
        return "bool"
    if types == {str}:
        lines = "\n" + "\n".join(known)
        if lines.count("\n") == len(known) and "/" not in lines and are_dates(known, lines):
            return "date"
    return "text"


def _consists_of(lines: str, allowed: bytes) -> bool:
    return lines.isascii() and not lines.encode().translate(None, allowed)


def _has_identifiers(lines: str) -> bool:
    suspect = "\n+" in lines or "\n0" in lines or "\n-0" in lines or "\n " in lines
    return suspect and _IDENTIFIER.search(lines) is not None
