"""What locales make of the same values."""

from __future__ import annotations

import datetime as dt

import pytest

from shared.reports.locales import HOUSE, check_tag, formats_for

NBSP, NARROW = "\u00a0", "\u202f"


@pytest.mark.parametrize(
    ("tag", "number", "money", "percent", "day"),
    [
        ("de-DE", "-1.234.567,5", f"-1.234,50{NBSP}€", f"31,2{NBSP}%", "21.09.2026"),
        (
            "fr-FR",
            f"-1{NARROW}234{NARROW}567,5",
            f"-1{NARROW}234,50{NBSP}€",
            f"31,2{NBSP}%",
            "21 sept. 2026",
        ),
        ("en-US", "-1,234,567.5", "-€1,234.50", "31.2%", "Sep 21, 2026"),
        ("en-IN", "-12,34,567.5", "-€1,234.50", "31.2%", "21 Sept 2026"),
        ("ja-JP", "-1,234,567.5", "-€1,234.50", "31.2%", "2026/09/21"),
    ],
)
def test_a_locale_has_its_own_numbers_money_and_dates(
    tag: str, number: str, money: str, percent: str, day: str
) -> None:
    formats = formats_for(tag)
    assert formats.number(-1234567.5) == number
    assert formats.money(-1234.5, "EUR") == money
    assert formats.percent(0.312) == percent
    assert formats.date(dt.date(2026, 9, 21)) == day


def test_arabic_has_its_own_digits() -> None:
    formats = formats_for("ar-EG")
    assert formats.number(1234.5) == "١٬٢٣٤٫٥"
    assert "٢٠٢٦" in formats.date(dt.date(2026, 9, 21))


def test_a_currency_has_its_own_decimals() -> None:
    assert HOUSE.money(1234.5, "JPY") == "¥1,235"
    assert HOUSE.money(1234.5, "KWD") == "KWD 1,234.500"
    assert formats_for("de").money(1234.5, "JPY") == f"1.235{NBSP}¥"
    assert formats_for("en-US").money(5, "CHF") == f"CHF{NBSP}5.00"


def test_the_fast_way_prints_what_the_slow_way_prints() -> None:
    for tag in (None, "de-DE", "en-IN", "fr-CH", "ar-EG", "sv-SE"):
        formats = formats_for(tag)
        fast = formats.fixed(2)
        for value in (0.0, -1.005, 999.995, 1234567.891, -98765432.1):
            assert fast(value) == formats.number(value, 2)


def test_short_numbers_have_the_locales_units() -> None:
    assert HOUSE.unit(2_500_000) == (1e6, "M")
    assert formats_for("en-IN").unit(2_500_000) == (1e5, "L")
    assert formats_for("ja").unit(25_000) == (1e4, "万")
    assert HOUSE.unit(999) == (1.0, "")


def test_the_engines_own_words_are_translated() -> None:
    assert formats_for("de-AT").word("total") == "Summe"
    assert formats_for("fr").plain(True) == "oui"
    assert formats_for("fi").word("total") == "Total"


@pytest.mark.parametrize("tag", ["", "xx", "de_", "de-DE-x", 5, None, "a" * 400, "../de", "english"])
def test_what_is_no_language_tag_is_refused(tag: object) -> None:
    with pytest.raises(ValueError, match="language tag"):
        check_tag(tag)


@pytest.mark.parametrize("tag", ["de", "de-DE", "pt_BR", "zh-Hant-TW", "EN-us"])
def test_language_tags_may_be_written_in_several_ways(tag: str) -> None:
    assert formats_for(check_tag(tag)).number(1)
