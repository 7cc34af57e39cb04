"""Numbers, money and dates as a locale writes them, by CLDR's data in babel.

Without a locale reports are in the house style of `shared.reports.format`: English, with the day before the
month. Other locales start from that text and exchange its separators and digits, which costs a fraction of
a whole formatting by pattern.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any
from unicodedata import bidirectional

from babel import Locale, UnknownLocaleError
from babel.core import get_global
from babel.dates import format_date
from babel.numbers import get_currency_symbol

from shared.reports import format as house
from shared.reports.blocks import Tone
from shared.reports.fields import Num
from shared.reports.messages import fill, messages_of

_TAG = re.compile(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8}){0,3}", re.ASCII)
#: the digit zero of the numbering systems that have their own digits
_ZEROS = {
    "arab": 0x660,
    "arabext": 0x6F0,
    "beng": 0x9E6,
    "deva": 0x966,
    "mymr": 0x1040,
    "nkoo": 0x7C0,
    "tibt": 0xF20,
}
_NBSP = "\u00a0"
_RLM = "\u200f"
_MARKS = re.compile("[\u200e\u200f\u061c]")
#: CLDR's pattern for short numbers: zeros, then a name
_COMPACT = re.compile(r"(0+)(.*)", re.DOTALL)
_INTEGER_PART = re.compile(r"\d[\d,]*")
#: from here on floats are printed with an exponent
_HUGE = 1e15
_MOST_PRICE_DECIMALS = 6


@dataclass(frozen=True, slots=True)
class Pattern:
    """What stands before and after a number."""

    before: str
    after: str
    #: instead of `before`, for negative numbers
    negative: str


@dataclass(frozen=True, slots=True, eq=False)
class Formats:
    """How one locale prints values; `formats_for` makes them."""

    #: as it was asked for, as a BCP 47 tag; "en" for the house style
    tag: str = "en"
    _locale: Locale | None = None
    #: exchanges the house style's separators and digits; None keeps them
    _exchange: dict[int, str] | None = None
    #: groups of two digits above the first three
    _lakh: bool = False
    _percent: Pattern = Pattern("", "%", "-")
    #: texts in place of the language's own
    _labels: Mapping[str, str] | None = None

    @property
    def language(self) -> str:
        """The primary language, as in the tag."""
        return self.tag.partition("-")[0].lower()

    @property
    def is_house(self) -> bool:
        """No locale was asked for."""
        return self._locale is None

    @property
    def is_plain(self) -> bool:
        """Numbers look as in the house style."""
        return self._exchange is None and not self._lakh

    @property
    def is_rtl(self) -> bool:
        """The language runs from right to left."""
        return self._locale is not None and self._locale.text_direction == "rtl"

    def say(self, key: str, **values: str) -> str:
        """A text that reports say in words of their own, with its `{names}` filled in."""
        text = self._labels.get(key) if self._labels else None
        if text is None:
            text = messages_of(self.tag)[key]
        return fill(text, values) if values else text

    def with_labels(self, labels: Mapping[str, str]) -> Formats:
        """The same with texts of a report's own; its keys are those of the messages."""
        return replace(self, _labels=labels) if labels else self

    def local(self, text: str) -> str:
        """A number in the house style ("-1,234.5") as this locale writes it."""
        if self._lakh:
            text = _INTEGER_PART.sub(_grouped_by_lakh, text, count=1)
        return text if self._exchange is None else text.translate(self._exchange)

    def number(self, value: Num, decimals: int | None = None) -> str:
        """1,234.5; with `decimals` exactly so many digits after the point, without as many as it has."""
        return self.local(house.number(value, decimals))

    def currency_pattern(self, code: str | None) -> tuple[Pattern, int]:
        """What stands around an amount, and its digits after the point."""
        return _currency_pattern(self, code)

    def money(self, value: Num, currency: str | None, decimals: int | None = None) -> str:
        """€1,234.50, -€5.00, 1.234,50 €; without a currency 1,234.50."""
        pattern, usual = _currency_pattern(self, currency)
        digits = usual if decimals is None else decimals
        return self._signed(value, house.number(abs(value), digits), pattern)

    def brief_money(self, value: Num, currency: str | None) -> str:
        """Money on a card: without cents when there are none."""
        if abs(value) < house.HUGE and value == int(value):
            return self.money(int(value), currency, 0)
        return self.money(value, currency)

    def percent(self, fraction: float, decimals: int = 1) -> str:
        """0.312 as 31.2%."""
        return self.percentage(fraction * 100, decimals) if abs(fraction) < house.HUGE else repr(fraction)

    def percentage(self, value: Num, decimals: int | None = None) -> str:
        """31.2 as 31.2%."""
        pattern = self._percent
        return self._signed(value, house.number(abs(value), decimals), pattern)

    def _signed(self, value: Num, amount: str, pattern: Pattern) -> str:
        """An amount without its sign between its affixes; what is printed as zero has no sign."""
        before = pattern.negative if value < 0 and amount.strip("0.,") else pattern.before
        return f"{before}{self.local(amount)}{pattern.after}"

    def change(
        self, now: Num, before: Num | None, *, higher_is_better: bool = True
    ) -> tuple[str | None, Tone]:
        """How a value moved against another, as printed, and whether that is good."""
        text, tone = house.change(now, before, higher_is_better=higher_is_better)
        if text is None or self.is_house:
            return text, tone
        return f"{self.local(text[:-1])}{self._percent.after}", tone

    def date(self, value: dt.date) -> str:
        """21 Sep 2026; 21.09.2026."""
        if self._locale is None:
            return house.date(value)
        text = format_date(value, "medium", locale=self._locale)
        exchange = self._exchange or {}
        own = {code: digit for code, digit in exchange.items() if chr(code).isdigit()}
        return text.translate(own) if own else text

    def plain(self, value: Any) -> str:
        """Any JSON value on one line: nested objects as `key: value`, lists separated by commas."""
        if isinstance(value, bool):
            return self.say("yes" if value else "no")
        if isinstance(value, (int, float)):
            return self.number(value)
        if isinstance(value, str) or value is None:
            return value or ""
        if isinstance(value, dict):
            return "; ".join(f"{key}: {self.plain(item)}" for key, item in value.items())
        return ", ".join(self.plain(item) for item in value)

    def fixed(self, decimals: int, *, group: bool = True) -> Callable[[Num], str]:
        """The fast way to print numbers from 0 to `HALVES_BELOW` with the same digits after the point."""
        pattern, half_up = f",.{decimals}f" if group else f".{decimals}f", house.HALF_UP
        if self.is_plain:
            return lambda value: format(value * half_up, pattern)
        return lambda value: self.local(format(value * half_up, pattern))

    def unit(self, size: float) -> tuple[float, str]:
        """A unit for a size and what it is called: (1000000.0, "M"); (1.0, "") when there is none."""
        return _unit(self, math.floor(math.log10(size)) if size >= 1000 else 0)


HOUSE = Formats()


def check_tag(tag: object) -> str:
    """The language tag with hyphens; raises ValueError for anything that is none or that CLDR lacks."""
    if isinstance(tag, str) and _TAG.fullmatch(tag):
        try:
            Locale.parse(tag, sep="-" if "-" in tag else "_")
        except (UnknownLocaleError, ValueError):
            pass
        else:
            return tag.replace("_", "-")
    raise ValueError('must be a known language tag such as "de-DE"')


@lru_cache(maxsize=64)
def formats_for(tag: str | None) -> Formats:
    """The formats of a checked language tag; None is the house style."""
    if tag is None:
        return HOUSE
    locale = Locale.parse(tag, sep="-")
    system = locale.default_numbering_system
    symbols = locale.number_symbols.get(system) or locale.number_symbols["latn"]
    exchange = {ord(","): symbols["group"], ord("."): symbols["decimal"], ord("-"): symbols["minusSign"]}
    zero = _ZEROS.get(system)
    if zero is not None:
        exchange.update({ord("0") + digit: chr(zero + digit) for digit in range(10)})
    unchanged = all(chr(key) == value for key, value in exchange.items())
    grouping = locale.decimal_formats[None].grouping
    return Formats(
        tag,
        locale,
        None if unchanged else exchange,
        grouping[1] == 2,
        _around(locale.percent_formats[None], symbols["minusSign"], symbols["percentSign"]),
    )


def _around(pattern: Any, minus: str, percent: str = "%", symbol: str = "") -> Pattern:
    """The affixes of a babel NumberPattern with its placeholders filled in."""

    def filled(affix: str) -> str:
        return _MARKS.sub("", affix).replace("%", percent).replace("¤", symbol).replace("'", "")

    before, after = filled(pattern.prefix[0]), filled(pattern.suffix[0])
    negative = filled(pattern.prefix[1]).replace("-", minus)
    return Pattern(before, after, negative if negative != before else minus + before)


@lru_cache(maxsize=512)
def _currency_pattern(formats: Formats, code: str | None) -> tuple[Pattern, int]:
    digits = currency_digits(code)
    locale = formats._locale
    if locale is None:
        symbol = house.currency_symbol(code)
        return Pattern(symbol, "", f"-{symbol}"), digits
    minus = formats.local("-")
    if code is None:
        return Pattern("", "", minus), digits
    symbol = get_currency_symbol(code, locale=locale)
    written = locale.currency_formats["standard"]
    if _RLM in written.pattern and not any(bidirectional(char) in ("R", "AL") for char in symbol):
        # written from right to left, the sign stands at the left of the number
        return Pattern(f"{symbol}{_NBSP}", "", f"{symbol}{_NBSP}{minus}"), digits
    pattern = _around(written, minus, symbol=symbol)
    if pattern.before.endswith(symbol) and symbol[-1:].isalpha():
        pattern = Pattern(pattern.before + _NBSP, pattern.after, pattern.negative + _NBSP)
    return pattern, digits


@lru_cache(maxsize=512)
def _unit(formats: Formats, power: int) -> tuple[float, str]:
    if power < 3:
        return 1.0, ""
    locale = formats._locale
    if locale is None:
        unit = 10.0 ** min(power // 3 * 3, 12)
        return unit, {1e3: "k", 1e6: "M", 1e9: "bn", 1e12: "T"}[unit]
    pattern = locale.compact_decimal_formats["short"]["other"].get(str(10 ** min(power, 14)))
    zeros, name = _COMPACT.fullmatch(pattern.pattern if pattern else "0").groups("")  # type: ignore[union-attr]
    if not name:
        return 1.0, ""
    return 10.0 ** (min(power, 14) - len(zeros) + 1), name.replace("'", "")


def currency_digits(code: str | None) -> int:
    """Digits after the point of an amount: 2, of yen 0, of Kuwaiti dinars 3."""
    fractions = get_global("currency_fractions")
    return int(fractions.get(code or "DEFAULT", fractions["DEFAULT"])[0])


def price_decimals(prices: Iterable[Num | None], currency: str | None) -> int | None:
    """Digits after the point that all prices need, up to six, when amounts have less; None when they suffice.

    A price of 0.335 that were printed as 0.34 would not give the amount that stands beside it.
    """
    usual = currency_digits(currency)
    most = max([house.decimals_of(price) for price in set(prices) if price is not None], default=0)
    return min(most, _MOST_PRICE_DECIMALS) if most > usual else None


def _grouped_by_lakh(found: re.Match[str]) -> str:
    """1,234,567 as 12,34,567."""
    digits = found[0].replace(",", "")
    if "," not in found[0]:
        return digits
    head, tail = digits[:-3], digits[-3:]
    pairs = [head[max(end - 2, 0) : end] for end in range(len(head), 0, -2)]
    return ",".join((*reversed(pairs), tail))
