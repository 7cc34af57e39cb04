"""Cells as text: one formatter per column, chosen once from the column and a sample of its values."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Sequence
from typing import Any

from shared.reports.blocks import Column
from shared.reports.fields import parse_number
from shared.reports.format import currency_parts, date, money, number, percent, plain

Formatter = Callable[[Any], str]

# Columns of integers that name something are not grouped: 2026, not 2,026.
_NAMES_THINGS = re.compile(
    r"(^|[^a-z])(id|no|nr|year|zip|code|key|number|pin|index)s?$|(Id|No|Year|Code|Number|Index)s?$"
)
_MAX_INFERRED_DECIMALS = 6
#: from here on floats are printed with an exponent
_HUGE = 1e15


def is_numeric(column: Column, sample: Sequence[Any]) -> bool:
    """True for a column whose values line up at their decimal point."""
    if column.format == "auto":
        known = [value for value in sample if value is not None]
        return bool(known) and all(_is_number(value) for value in known)
    return column.format in ("number", "currency", "percent")


def formatter(column: Column, sample: Sequence[Any]) -> Formatter:
    """What turns this column's values into text; a value of another kind is printed as it is."""
    if column.format == "currency":
        return _currency_formatter(column)
    if column.format == "percent":
        decimals = 1 if column.decimals is None else column.decimals
        return lambda value: _numeric(value, lambda known: percent(known, decimals))
    if column.format == "date":
        return _date
    if is_numeric(column, sample):
        return _number_formatter(column, sample)
    return _text


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _text(value: Any) -> str:
    return value if type(value) is str else plain(value)


def _date(value: Any) -> str:
    if isinstance(value, str) and value[10:11] in ("", "T", " "):
        try:
            day = dt.date.fromisoformat(value[:10])
        except ValueError:
            return value
        return f"{date(day)}, {value[11:]}" if value[11:] else date(day)
    return plain(value)


def _numeric(value: Any, show: Callable[[int | float], str]) -> str:
    known = parse_number(value)
    return plain(value) if known is None else show(known)


def _currency_formatter(column: Column) -> Formatter:
    code, decimals = column.currency, column.decimals
    symbol, usual = currency_parts(code)
    digits = usual if decimals is None else decimals
    pattern = f",.{digits}f"

    def show(value: Any) -> str:
        if type(value) is float and 0 < value < _HUGE:
            return symbol + format(value, pattern)
        if decimals is None:
            return _numeric(value, lambda known: money(known, code))
        return _numeric(
            value, lambda known: f"{'-' if known < 0 else ''}{symbol}{number(abs(known), digits)}"
        )

    return show


def _number_formatter(column: Column, sample: Sequence[Any]) -> Formatter:
    exact = column.decimals is None
    digits = _decimals_of(sample) if column.decimals is None else column.decimals
    group = column.format == "number" or not _is_identifier(column, sample)
    pattern = f",.{digits}f" if group else f".{digits}f"
    zeros = f".{'0' * digits}" if digits else ""

    def show(value: Any) -> str:
        kind = type(value)
        if kind is float and -_HUGE < value < _HUGE:
            if exact and round(value, digits) != value:
                return number(value)
            return format(value, pattern)
        if kind is int:
            return (f"{value:,}" if group else str(value)) + zeros
        if kind is str and (known := parse_number(value)) is not None:
            return show(known) if not exact or str(known) == value else value
        return plain(value)

    return show


def _is_identifier(column: Column, sample: Sequence[Any]) -> bool:
    known = [value for value in sample if value is not None]
    if not all(isinstance(value, int) for value in known):
        return False
    return bool(_NAMES_THINGS.search(column.title)) or all(1900 <= value <= 2100 for value in known)


def _decimals_of(sample: Sequence[Any]) -> int:
    most = 0
    for value in sample:
        if isinstance(value, float):
            digits = repr(value)
            if "e" not in digits:
                places = digits.partition(".")[2]
                most = max(most, 0 if places == "0" else len(places))
    return min(most, _MAX_INFERRED_DECIMALS)
