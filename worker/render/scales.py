"""Axes: round steps that cover the values, and short texts for them."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from shared.reports.format import currency_parts

#: values that differ by no more than this part are one value to an axis
_SAME = 1e-9
_UNITS = ((1e12, "T"), (1e9, "bn"), (1e6, "M"), (1e3, "k"))


@dataclass(frozen=True, slots=True)
class Scale:
    """A linear axis from `low` to `high`."""

    low: float
    high: float
    step: float

    def position(self, value: float) -> float:
        """Where a value stands, 0 to 1."""
        return (value / self.step - self.low / self.step) / (self.high / self.step - self.low / self.step)

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


def brief(value: float, currency: str | None = None, step: float | None = None) -> str:
    """A value as an axis or a bar shows it: 1.2M, €450k, -30."""
    symbol = currency_parts(currency)[0] if currency else ""
    sign, size = ("-" if value < 0 else ""), abs(value)
    if size >= 1e15:
        return f"{sign}{symbol}{size:.3g}"
    for unit, name in _UNITS:
        if size >= unit and (unit > 1e3 or size >= 1e4 or (step or 0) >= 1e3):
            return f"{sign}{symbol}{_trim(size / unit, None if step is None else step / unit)}{name}"
    return f"{sign}{symbol}{_trim(size, step)}"


def _trim(value: float, step: float | None) -> str:
    if value and value < 1e-4:
        return f"{value:.3g}"
    decimals = (
        (0 if value >= 1000 else 2)
        if step is None
        else min(max(0, -math.floor(math.log10(step) + 1e-9)) + 1, 6)
    )
    text = f"{value:,.{decimals}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
