"""Numbers, money and changes as they are printed."""

from __future__ import annotations

import pytest

from shared.reports import REPORT_TYPES, validate_data
from shared.reports.blocks import Totals
from shared.reports.locales import HOUSE


@pytest.mark.parametrize(
    ("value", "decimals", "expected"),
    [
        (1234567, None, "1,234,567"),
        (1234.5, None, "1,234.5"),
        (1234.0, None, "1,234"),
        (2, 2, "2.00"),
        (-0.125, 2, "-0.13"),
        (1e300, 2, "1e+300"),
        (1.5e-07, None, "0.00000015"),
    ],
)
def test_numbers_are_grouped(value: float, decimals: int | None, expected: str) -> None:
    assert HOUSE.number(value, decimals) == expected


def test_money_has_its_symbol_after_the_sign() -> None:
    assert HOUSE.money(-1234.5, "EUR") == "-€1,234.50"
    assert HOUSE.money(5, "CHF") == "CHF 5.00"
    assert HOUSE.money(1234, "JPY") == "¥1,234"
    assert HOUSE.money(-0.0, "EUR") == "€0.00"
    assert HOUSE.brief_money(5.0, "USD") == "$5"


def test_a_change_says_whether_it_is_good() -> None:
    assert HOUSE.change(110, 100) == ("+10.0%", "good")
    assert HOUSE.change(110, 100, higher_is_better=False) == ("+10.0%", "bad")
    assert HOUSE.change(100, 100) == ("±0.0%", "flat")
    assert HOUSE.change(5, 0) == (None, "flat")
    assert HOUSE.change(10**400, 1.5)[0] is None


def test_nested_values_are_readable() -> None:
    assert HOUSE.plain({"a": [1, True, None], "b": {"c": "x"}}) == "a: 1, yes, ; b: c: x"
    assert HOUSE.percent(0.312) == "31.2%"


def test_an_invoice_adds_up() -> None:
    kind = REPORT_TYPES["invoice"]
    [totals] = [
        block for block in kind.blocks(validate_data("invoice", kind.example)) if isinstance(block, Totals)
    ]
    assert totals.items == (
        ("Net", "€5,165.00"),
        ("Tax 7%", "€5.18"),
        ("Tax 19%", "€967.29"),
        ("Amount due", "€6,137.47"),
    )
