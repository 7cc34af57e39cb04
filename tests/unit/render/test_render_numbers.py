"""Numbers on the page: no minus before zero, no noise of binary fractions, sums that a reader can add up."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from render_helpers import make, text_of

from shared.reports.format import number, total
from shared.reports.locales import formats_for


@pytest.mark.parametrize("locale", [None, "de-DE", "sv-SE", "ar-EG", "en-IN"])
@pytest.mark.parametrize("value", [-0.0, -1e-9, -0.004])
def test_zero_has_no_minus(value: float, locale: str | None) -> None:
    formats = formats_for(locale)
    zero = formats.local("0.00")
    assert formats.number(value, 2) == zero
    assert formats.money(value, None) == zero
    assert formats.money(value, "EUR") == formats.money(0, "EUR")
    assert formats.percent(value / 10) == formats.percent(0)
    assert formats.number(-0.0) == formats.local("0")


@pytest.mark.parametrize("format_", ["number", "currency", "percent"])
def test_cells_that_are_rounded_to_zero_have_no_minus(format_: str, tmp_path: Path) -> None:
    column = {"key": "v", "format": format_, "decimals": 2, "total": "sum"}
    path, _ = make(tmp_path, "table", {"columns": [column], "rows": [[-1e-9], [-0.0], ["-0.00001"], [-0.0]]})
    assert "-0" not in text_of(path)


@pytest.mark.parametrize(
    ("value", "printed"),
    [(0.1 + 0.2, "0.3"), (1.1 * 1.1, "1.21"), (1e-7, "0.0000001"), (123456.789, "123,456.789"),
     (-0.1 - 0.2, "-0.3"), (1 / 3, "0.333333333333333"), (9007199254740993, "9,007,199,254,740,993")],
)  # fmt: skip
def test_numbers_are_printed_without_the_noise_of_binary_fractions(value: float, printed: str) -> None:
    assert number(value) == printed


def test_noise_does_not_widen_a_column(tmp_path: Path) -> None:
    column = {"key": "v", "total": "sum"}
    path, _ = make(tmp_path, "table", {"columns": [column], "rows": [[0.1 + 0.2], [2.25], [1]]})
    assert "v 0.30 2.25 1.00 3.55" in text_of(path)


@pytest.mark.parametrize(("value", "printed"), [(2.675, "2.68"), (1.005, "1.01"), (-1.005, "-1.01")])
def test_a_decimal_half_is_rounded_away_from_zero(value: float, printed: str, tmp_path: Path) -> None:
    assert number(value, 2) == printed
    rows = [[value, value, str(value)]]
    columns = [
        {"key": "a", "format": "currency"}, {"key": "b", "format": "number", "decimals": 2},
        {"key": "c", "format": "number", "decimals": 2},
    ]  # fmt: skip
    path, _ = make(tmp_path, "table", {"columns": columns, "rows": rows})
    assert f"{printed} {printed} {printed}" in text_of(path)


def test_large_amounts_keep_their_last_cent() -> None:
    assert number(9999999999999.99, 2) == "9,999,999,999,999.99"
    assert number(999999999999.99, 2) == "999,999,999,999.99"


def test_the_average_of_small_values_is_not_zero(tmp_path: Path) -> None:
    column = {"key": "v", "total": "avg"}
    _, outcome = make(tmp_path, "table", {"columns": [column], "rows": [[1e-6], [3e-6]]})
    assert outcome.control_totals == ("v avg: 0.000002",)


def test_a_sum_beyond_all_bounds_is_no_number() -> None:
    assert total([1e308, 1e308]) is None


def invoice(lines: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    party = {"name": "Someone"}
    return {"number": "1", "seller": party, "buyer": party, "lines": lines, **more}


def test_the_printed_lines_of_an_invoice_add_up_to_its_printed_sums(tmp_path: Path) -> None:
    lines = [{"description": f"Item {n}", "quantity": 1, "unitPrice": 0.335} for n in range(3)]
    path, _ = make(tmp_path, "invoice", invoice(lines, currency="EUR", taxRate=10))
    text = text_of(path)
    assert text.count("€0.335") == 3
    assert text.count("€0.34") == 3
    assert "Net €1.02 Tax 10% €0.10 Amount due €1.12" in text


def test_tax_is_rounded_as_it_is_by_hand(tmp_path: Path) -> None:
    path, _ = make(tmp_path, "invoice", invoice([{"description": "x", "amount": 10.25}], taxRate=10))
    assert "Net 10.25 Tax 10% 1.03 Amount due 11.28" in text_of(path)


def test_yen_are_rounded_to_whole_yen_before_they_are_added(tmp_path: Path) -> None:
    lines = [
        {"description": "a", "amount": 105, "taxRate": 8},
        {"description": "b", "amount": 105, "taxRate": 10},
    ]
    path, _ = make(tmp_path, "invoice", invoice(lines, currency="JPY"))
    assert "Net ¥210 Tax 8% ¥8 Tax 10% ¥11 Amount due ¥229" in text_of(path)


def test_a_discount_is_shared_among_the_rates_and_a_gift_owes_nothing(tmp_path: Path) -> None:
    lines = [
        {"description": "a", "amount": 100, "taxRate": 19},
        {"description": "b", "amount": 50, "taxRate": 7},
    ]
    path, _ = make(tmp_path, "invoice", invoice(lines, discount=15))
    assert "Net 150.00 Discount -15.00 Tax 7% 3.15 Tax 19% 17.10 Amount due 155.25" in text_of(path)
    path, _ = make(tmp_path, "invoice", invoice([{"description": "gift", "quantity": 3}]))
    assert "Amount due 0.00" in text_of(path)


def test_an_invoice_of_absurd_amounts_is_printed(tmp_path: Path) -> None:
    lines = [{"description": "x", "quantity": 1e308, "unitPrice": -1e308, "taxRate": 1e308}]
    path, _ = make(tmp_path, "invoice", invoice(lines, discount=1e-308))
    assert "Amount due" in text_of(path)


def test_prices_are_printed_with_the_digits_that_their_amounts_come_from(tmp_path: Path) -> None:
    base = {"period": "2026", "revenue": 1, "currency": "EUR"}
    path, _ = make(tmp_path, "sales", {**base, "products": [{"name": "x", "quantity": 3, "price": 3.335}]})
    assert "x 3 €3.335 €10.01" in text_of(path)
    items = [{"name": "x", "stock": 3, "unitCost": 0.0125}, {"name": "y", "stock": 1, "unitCost": 2}]
    path, _ = make(tmp_path, "inventory", {**base, "items": items})
    assert "x 3 €0.0125 €0.04" in text_of(path)
    assert "y 1 €2.0000 €2.00" in text_of(path)
