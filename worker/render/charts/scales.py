"""Axes: round steps that cover the values, and short texts for them."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache

from shared.reports.locales import HOUSE, Formats

#: values that differ by no more than this part are one value to an axis
_SAME = 1e-9
_MAX_PERCENT = 1e12


@dataclass(slots=True)
class Scale:
    """A linear axis from `low` to `high`."""

    low: float
    high: float
    step: float
    # in steps: where it starts, how long it is
    _start: float = field(init=False, repr=False, compare=False)
    _length: float = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        self._start = self.low / self.step
        self._length = self.high / self.step - self._start

    def position(self, value: float) -> float:
        """Where a value stands, 0 to 1."""
        return (value / self.step - self._start) / self._length

    def ticks(self) -> list[float]:
        """The values that are marked."""
        first, last = round(self.low / self.step), round(self.high / self.step)
        return [index * self.step for index in range(first, last + 1)]


def scale_for(values: Iterable[float], *, from_zero: bool) -> Scale:
    """An axis with four to seven round ticks that covers the values."""
    known = list(values) or [0.0]
    low, high = min(known), max(known)
    if from_zero or (low >= 0 and low < high / 3):
        low, high = min(low, 0.0), max(high, 0.0)
    if high - low <= max(abs(low), abs(high)) * _SAME:
        low, high = (low - abs(low) / 2, high + abs(high) / 2) if low else (0.0, 1.0)
        if from_zero:
            low, high = min(low, 0.0), max(high, 0.0)
    step = _round_step(high / 5 - low / 5)
    return Scale(math.floor(low / step + 1e-9) * step, math.ceil(high / step - 1e-9) * step, step)


def _round_step(rough: float) -> float:
    power = 10.0 ** math.floor(math.log10(max(rough, 1e-290)))
    for factor in (1.0, 2.0, 2.5, 5.0):
        if rough <= factor * power * 1.0001:
            return factor * power
    return 10 * power


def ticks_within(scale: Scale, length: float, least: float) -> list[float]:
    """The ticks that have at least `least` points between them on an axis of that length."""
    ticks = scale.ticks()
    apart = length / max(len(ticks) - 1, 1)
    every = max(1, math.ceil(least / max(apart, 0.01)))
    return [tick for tick in ticks if round(tick / scale.step) % every == 0] or ticks[:1]


@dataclass(slots=True)
class Marks:
    """How a chart prints its values."""

    formats: Formats
    currency: str | None = None
    percent: bool = False
    _known: dict[float, str] = field(default_factory=dict, repr=False, compare=False)

    def tick(self, value: float, step: float) -> str:
        """At an axis: 1.2M, €450k, -30, 12.5%."""
        return self._text(value, step)

    def value(self, value: float) -> str:
        """At a bar or point, in a legend."""
        known = self._known.get(value)
        if known is None:
            known = self._known[value] = self._text(value, None)
        return known

    def _text(self, value: float, step: float | None) -> str:
        if self.percent and abs(value) < _MAX_PERCENT:
            decimals = 1 if step is None else decimals_of_step(step * 100)
            text = self.formats.percent(value, decimals)
            return text.replace(self.formats.local(".0"), "") if step is None else text
        return brief(value, self.currency, step, self.formats)


def brief(
    value: float, currency: str | None = None, step: float | None = None, formats: Formats = HOUSE
) -> str:
    """A value as an axis or a bar shows it: 1.2M, €450k, -30."""
    pattern = formats.currency_pattern(currency)[0]
    size = abs(value)
    before = pattern.negative if value < 0 else pattern.before
    if size >= 1e15:
        return f"{before}{formats.local(f'{size:.3g}')}{pattern.after}"
    unit, name = formats.unit(size)
    # no unit where it would take many digits after the point to tell ticks apart
    readable = step is None or step >= unit / 100
    if unit > 1 and readable and (unit > 1e3 or size >= 1e4 or (step or 0) >= 1e3):
        amount = _trim(size / unit, None if step is None else step / unit, formats)
        return f"{before}{amount}{name}{pattern.after}"
    return f"{before}{_trim(size, step, formats)}{pattern.after}"


def _trim(value: float, step: float | None, formats: Formats) -> str:
    if value and value < 1e-6:
        return formats.local(f"{value:.3g}")
    decimals = _digits_shown(value) if step is None else min(decimals_of_step(step) + 1, 9)
    text = f"{value:,.{decimals}f}"
    return formats.local(text.rstrip("0").rstrip(".") if "." in text else text)


def _digits_shown(value: float) -> int:
    """Digits after the point of a value by itself: about as exact as a bar can be read."""
    if value >= 1000:
        return 0
    if value >= 1 or value == 0:
        return 1 if value >= 10 else 2
    return 2 - math.floor(math.log10(value))


@lru_cache(maxsize=256)
def decimals_of_step(step: float) -> int:
    """Digits after the point that tell neighbouring ticks apart."""
    decimals = max(0, -math.floor(math.log10(step) + 1e-9))
    return min(decimals + (1 if round(step * 10**decimals, 6) % 1 else 0), 8)
