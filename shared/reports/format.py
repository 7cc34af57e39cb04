"""Numbers, money and dates as they are printed."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from shared.reports.blocks import Tone
from shared.reports.fields import Num

_SYMBOLS = {"EUR": "€", "USD": "$", "GBP": "£", "JPY": "¥", "INR": "₹"}
_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
#: floats from here on are printed with an exponent
HUGE = 1e16
#: Times this, a binary fraction that stands for a decimal half (2.675) is rounded as one, away from zero.
#: Floats have digits to spare for it below HALVES_BELOW.
HALF_UP = 1 + 2.0**-52
HALVES_BELOW = 1e12
#: smaller floats than this are printed with an exponent
_TINY = 1e-12


def number(value: Num, decimals: int | None = None) -> str:
    """1,234.5; with `decimals` exactly so many digits after the point, without as many as the value has."""
    if isinstance(value, int):
        return f"{value:,}" if not decimals else f"{value:,}.{'0' * decimals}"
    if abs(value) >= HUGE:
        return repr(value)
    if decimals is not None:
        exact = value * HALF_UP if abs(value) < HALVES_BELOW else value
        return unsigned_zero(f"{exact:,.{decimals}f}")
    value = without_noise(value)
    digits = repr(value)
    if "e" in digits:
        return f"{Decimal(digits):f}" if abs(value) >= _TINY else digits
    return unsigned_zero(f"{value:,.{len(digits.partition('.')[2])}f}".removesuffix(".0"))


def decimals_of(value: Num) -> int:
    """Digits after the point that the value is printed with when it stands by itself."""
    # as `number` rounds and prints it, without the separators
    digits = f"{value:.15g}" if isinstance(value, float) else "e"
    if "e" not in digits:
        return len(digits.partition(".")[2])
    return 0 if abs(value) >= HUGE else len(number(value).partition("e")[0].partition(".")[2])


def without_noise(value: float) -> float:
    """The value to 15 significant digits, as many as any decimal keeps in a float: 0.1 + 0.2 as 0.3."""
    return float(f"{value:.15g}")


def unsigned_zero(text: str) -> str:
    """A printed number without its minus when all its digits are zeros."""
    return text if text[:1] != "-" or text.strip("-0.,") else text[1:]


def currency_symbol(code: str | None) -> str:
    """What is printed before an amount."""
    return "" if code is None else _SYMBOLS.get(code, f"{code} ")


def percent(fraction: float, decimals: int = 1) -> str:
    """0.312 as 31.2%."""
    return f"{number(float(fraction * 100), decimals)}%" if abs(fraction) < HUGE else f"{fraction!r} × 100%"


def change(now: Num, before: Num | None, *, higher_is_better: bool = True) -> tuple[str | None, Tone]:
    """How a value moved against another, as printed, and whether that is good."""
    if before is None or before == 0:
        return None, "flat"
    try:
        ratio = (now - before) / abs(before)
    except OverflowError:
        return None, "flat"
    if not math.isfinite(ratio) or abs(ratio) > 1e6:
        return None, "flat"
    text = f"{ratio * 100:+,.1f}%"
    if text in ("+0.0%", "-0.0%"):
        return "±0.0%", "flat"
    return text, "good" if (ratio > 0) == higher_is_better else "bad"


def date(value: dt.date) -> str:
    """21 Sep 2026."""
    return f"{value.day} {_MONTHS[value.month - 1]} {value.year}"


def plain(value: Any) -> str:
    """Any JSON value on one line: nested objects as `key: value`, lists separated by commas."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (int, float)):
        return number(value)
    if isinstance(value, dict):
        return "; ".join(f"{key}: {plain(item)}" for key, item in value.items())
    return ", ".join(plain(item) for item in value)


def multiplied(left: Num | None, right: Num | None) -> Num | None:
    """The product, rounded where binary fractions would show; None when a factor is missing."""
    if left is None or right is None:
        return None
    try:
        product = left * right
    except OverflowError:
        return None
    if isinstance(product, int):
        return product
    if product.is_integer():
        return product
    return round(product, 6) if math.isfinite(product) else None


def total(values: Iterable[Num | None]) -> Num | None:
    """The sum without what is missing, exact for integers; None when it is beyond all bounds."""
    known = [value for value in values if value is not None]
    if all(isinstance(value, int) for value in known):
        return sum(known)
    try:
        return round(math.fsum(known), 6)
    except (OverflowError, ValueError):
        return None


def ratio_of(part: Num | None, whole: Num | None) -> float | None:
    """part / whole, or None where that says nothing."""
    if part is None or not whole:
        return None
    try:
        ratio = part / whole
    except OverflowError:
        return None
    return ratio if math.isfinite(ratio) and abs(ratio) < 1e6 else None
