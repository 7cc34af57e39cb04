"""Cells as text: one formatter per column, chosen once from the column and a sample of its values."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from shared.reports.blocks import Column
from shared.reports.fields import parse_number
from shared.reports.format import HALF_UP, HALVES_BELOW, number, unsigned_zero, without_noise
from shared.reports.locales import HOUSE, Formats

Formatter = Callable[[Any], str]

# Columns of integers that name something are not grouped: 2026, not 2,026.
_NAMES_THINGS = re.compile(
    r"(^|[^a-z])(id|no|nr|year|zip|code|key|number|pin|index)s?$|(Id|No|Year|Code|Number|Index)s?$"
)
_MAX_INFERRED_DECIMALS = 6
_ONLY_TEXTS = frozenset({str})
#: from here on floats are printed with an exponent
_HUGE = 1e15
#: larger values are printed instead of drawn
_DRAWABLE = 1e290


def is_numeric(column: Column, sample: Sequence[Any]) -> bool:
    """True for a column whose values line up at their decimal point."""
    if column.format == "auto":
        known = [value for value in sample if value is not None]
        return bool(known) and all(_is_number(value) for value in known)
    return column.format in ("number", "currency", "percent")


def formatter(column: Column, sample: Sequence[Any], formats: Formats = HOUSE) -> Formatter:
    """What turns this column's values into text; a value of another kind is printed as it is."""
    if column.format == "currency":
        return _currency_formatter(column, formats)
    if column.format == "percent":
        decimals = 1 if column.decimals is None else column.decimals
        return lambda value: _numeric(value, formats, lambda known: formats.percent(known, decimals))
    if column.format == "date":
        return _date_formatter(formats)
    if column.format == "sparkline":
        return lambda value: "" if is_course(value) else formats.plain(value)
    if is_numeric(column, sample):
        return _number_formatter(column, sample, formats)
    return _Texts(formats)


class _Texts:
    """Texts as they are, and other values in plain words."""

    __slots__ = ("_plain",)

    def __init__(self, formats: Formats) -> None:
        self._plain = formats.plain

    def __call__(self, value: Any) -> str:
        return value if type(value) is str else self._plain(value)


class _Numbers:
    """Formats a column's values at once: the usual ones in one loop, without a call for each."""

    __slots__ = ("many", "one")

    def __init__(self, one: Formatter, many: Callable[[Sequence[Any]], list[str]]) -> None:
        self.one = one
        #: gives what `one` gives for each of the values
        self.many = many

    def __call__(self, value: Any) -> str:
        return self.one(value)


def texts_of(show: Formatter, values: Sequence[Any]) -> list[str]:
    """What a formatter makes of each value."""
    if type(show) is _Numbers:
        return show.many(values)
    if type(show) is _Texts and _ONLY_TEXTS.issuperset(map(type, values)):
        return list(values)
    return list(map(show, values))


def is_course(value: Any) -> bool:
    """A list of numbers, or of numbers and gaps, as a sparkline draws it."""
    return (
        isinstance(value, list)
        and any(item is not None for item in value)
        and all(item is None or (_is_number(item) and abs(item) < _DRAWABLE) for item in value)
    )


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _date_formatter(formats: Formats) -> Formatter:
    shown = lru_cache(maxsize=4096)(formats.date)

    def show(value: Any) -> str:
        if isinstance(value, str) and value[10:11] in ("", "T", " "):
            try:
                day = dt.date.fromisoformat(value[:10])
            except ValueError:
                return value
            return f"{shown(day)}, {value[11:]}" if value[11:] else shown(day)
        return formats.plain(value)

    return show


def _numeric(value: Any, formats: Formats, show: Callable[[int | float], str]) -> str:
    known = parse_number(value)
    return formats.plain(value) if known is None else show(known)


def _currency_formatter(column: Column, formats: Formats) -> Formatter:
    code, decimals = column.currency, column.decimals
    pattern, usual = formats.currency_pattern(code)
    digits = usual if decimals is None else decimals
    amount, zeros = formats.fixed(digits), f".{'0' * digits}" if digits else ""
    before, after, digits_of, plain = pattern.before, pattern.after, f",.{digits}f", formats.is_plain

    def show(value: Any) -> str:
        kind = type(value)
        if kind is float and 0 < value < HALVES_BELOW:
            return f"{before}{amount(value)}{after}"
        if kind is int and plain and value >= 0:
            return f"{before}{value:,}{zeros}{after}"
        return _numeric(value, formats, lambda known: formats.money(known, code, decimals))

    def many(values: Sequence[Any]) -> list[str]:
        return [
            f"{before}{value * HALF_UP:{digits_of}}{after}"
            if type(value) is float and 0 < value < HALVES_BELOW
            else show(value)
            for value in values
        ]

    return _Numbers(show, many) if plain else show


def _number_formatter(column: Column, sample: Sequence[Any], formats: Formats) -> Formatter:
    house = _house_numbers(column, sample, formats)
    if formats.is_plain:
        return house
    one, local = house.one, formats.local

    def show(value: Any) -> str:
        return local(one(value)) if _is_number(value) else one(value)

    def many(values: Sequence[Any]) -> list[str]:
        texts = zip(values, house.many(values), strict=True)
        return [local(text) if _is_number(value) else text for value, text in texts]

    return _Numbers(show, many)


def _house_numbers(column: Column, sample: Sequence[Any], formats: Formats) -> _Numbers:
    exact = column.decimals is None
    digits = _decimals_of(sample) if column.decimals is None else column.decimals
    group = column.format == "number" or not _is_identifier(column, sample)
    pattern = f",.{digits}f" if group else f".{digits}f"
    zeros = f".{'0' * digits}" if digits else ""
    # negative values nearer to zero may be printed as zero
    nothing = 10.0**-digits

    def show(value: Any) -> str:
        kind = type(value)
        if kind is int:
            return f"{value:,}{zeros}" if group else f"{value}{zeros}"
        if kind is float and -_HUGE < value < _HUGE:
            if exact:
                near = round(value, digits)
                if near != value and near != without_noise(value):
                    return number(value)
            elif -HALVES_BELOW < value < HALVES_BELOW:
                value *= HALF_UP
            if value > 0 or value < -nothing:
                return format(value, pattern)
            return unsigned_zero(format(value, pattern))
        if kind is str and (known := parse_number(value)) is not None:
            if exact and str(known) != value:
                return str(value)
            return show(known) if formats.is_plain else formats.local(show(known))
        return formats.plain(value)

    return _Numbers(show, _integers_at_once(show, "," if group else "", zeros))


def _integers_at_once(show: Formatter, pattern: str, zeros: str) -> Callable[[Sequence[Any]], list[str]]:
    def many(values: Sequence[Any]) -> list[str]:
        return [f"{value:{pattern}}{zeros}" if type(value) is int else show(value) for value in values]

    return many


def _is_identifier(column: Column, sample: Sequence[Any]) -> bool:
    known = [value for value in sample if value is not None]
    if not all(isinstance(value, int) for value in known):
        return False
    return bool(_NAMES_THINGS.search(column.title)) or all(1900 <= value <= 2100 for value in known)


def _decimals_of(sample: Sequence[Any]) -> int:
    most = 0
    for value in sample:
        if isinstance(value, float):
            digits = repr(without_noise(value))
            if "e" not in digits:
                places = digits.partition(".")[2]
                most = max(most, 0 if places == "0" else len(places))
    return min(most, _MAX_INFERRED_DECIMALS)
