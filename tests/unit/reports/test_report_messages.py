"""What reports say in words of their own: the tables of languages, and a report's own labels."""

from __future__ import annotations

import re

import pytest

from shared.errors import ValidationFailed
from shared.reports import REPORT_TYPES, validate_data
from shared.reports.blocks import Block, Column, Columns, Heading, KeyValue, Table, Totals
from shared.reports.locales import formats_for
from shared.reports.messages import ENGLISH, fill, languages, messages_of

_NAMES = re.compile(r"\{\w+\}")
_ASKED_FOR = ["en", "de", "fr", "es", "it", "nl", "pt", "pl", "tr", "ru", "uk", "ar", "he", "zh", "ja", "ko"]


def _blocks(name: str, **keys: object) -> list[Block]:
    kind = REPORT_TYPES[name]
    return list(kind.blocks(validate_data(name, {**kind.example, **keys})))


def test_many_languages_have_a_table() -> None:
    assert set(_ASKED_FOR) <= set(languages())


@pytest.mark.parametrize("language", languages())
def test_a_table_has_every_text_with_its_names(language: str) -> None:
    table = messages_of(language)
    assert list(table) == list(ENGLISH)
    for key, text in table.items():
        assert text.strip() == text != "", key
        assert sorted(_NAMES.findall(text)) == sorted(_NAMES.findall(ENGLISH[key])), key


@pytest.mark.parametrize("language", sorted(set(languages()) - {"en"}))
def test_a_table_is_a_translation(language: str) -> None:
    """Few words are the same in two languages."""
    table = messages_of(language)
    same = [key for key, text in table.items() if text == ENGLISH[key]]
    assert len(same) <= len(ENGLISH) / 5, same


def test_a_language_is_found_by_its_tag_from_the_right() -> None:
    assert messages_of("de-AT") is messages_of("de")
    assert messages_of("zh-Hant-TW") is messages_of("zh")
    assert messages_of("pt_BR") is messages_of("pt")
    assert messages_of("fi-FI") is ENGLISH


@pytest.mark.parametrize("name", REPORT_TYPES)
def test_a_types_title_is_the_same_in_code_and_in_english(name: str) -> None:
    kind = REPORT_TYPES[name]
    assert kind.title_in(formats_for(None)) == kind.title


@pytest.mark.parametrize("name", ["sales", "inventory", "performance", "invoice"])
def test_a_type_prints_no_english_in_another_language(name: str) -> None:
    english, russian = _blocks(name), _blocks(name, locale="ru")
    shown = _labels(russian)
    assert len(shown) >= 8
    assert not [text for text in shown if text in _labels(english) and text in ENGLISH.values()]


def _labels(blocks: list[Block]) -> list[str]:
    found: list[str] = []
    for block in blocks:
        if isinstance(block, Table):
            found += [column.title for column in block.columns if isinstance(column, Column)]
        elif isinstance(block, Heading):
            found.append(block.text)
        elif isinstance(block, (KeyValue, Totals)):
            found += [label for label, _ in block.items]
        elif isinstance(block, Columns):
            found += [label for group in block.groups for label in _labels(list(group))]
    return found


def test_unknown_keys_are_printed_in_the_reports_language() -> None:
    blocks = _blocks("sales", locale="de", paid=True, weight=1234.5)
    assert Heading("Weitere Angaben") in blocks
    table = blocks[-1]
    assert isinstance(table, Table)
    assert list(table.rows) == [("paid", "ja"), ("weight", "1.234,5")]


def test_a_report_may_have_labels_of_its_own() -> None:
    labels = {"invoice.to": "Ship to", "invoice.amountDue": "Please pay", "invoice.number": "Ref {number}"}
    data = validate_data("invoice", {**REPORT_TYPES["invoice"].example, "labels": labels})
    kind = REPORT_TYPES["invoice"]
    assert kind.subtitle(data) == "Ref 2026-0917"
    shown = _labels(list(kind.blocks(data)))
    assert {"From", "Ship to", "Please pay"} <= set(shown)
    assert "Amount due" not in shown


def test_labels_are_text_and_no_template() -> None:
    """Only the names of the text are filled in, once."""
    label = "{number.__class__} %s {number!r} {0} {number}"
    data = validate_data("invoice", {**REPORT_TYPES["invoice"].example, "labels": {"invoice.number": label}})
    subtitle = REPORT_TYPES["invoice"].subtitle(data)
    assert subtitle == "{number.__class__} %s {number!r} {0} 2026-0917"
    assert fill("{a} {b}", {"a": "{b}", "b": "x"}) == "{b} x"


@pytest.mark.parametrize(
    ("labels", "path"),
    [
        ({"invoice.nothing": "x"}, "data.labels.invoice.nothing"),
        ({"total": "x" * 201}, "data.labels.total"),
        ({"total": ["x"]}, "data.labels.total"),
        (["total"], "data.labels"),
    ],
)
def test_labels_that_make_no_sense_are_refused(labels: object, path: str) -> None:
    with pytest.raises(ValidationFailed) as refused:
        validate_data("test", {"period": "x", "revenue": 1, "labels": labels})
    assert [error.path for error in refused.value.errors] == [path]
