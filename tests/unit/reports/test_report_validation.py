"""`validate_data`: what is accepted, and which path an error names."""

from __future__ import annotations

import math

import pytest
from pydantic_core import from_json

from shared.errors import ValidationFailed
from shared.reports import REPORT_TYPES, validate_data
from shared.reports.catalog import dataset_uses

PERIOD_TYPES = ("sales", "inventory", "performance", "test")


def paths_of(report_type: str, data: object) -> list[str]:
    """The paths of the errors that the data has."""
    with pytest.raises(ValidationFailed) as caught:
        validate_data(report_type, data)
    return [error.path for error in caught.value.errors]


@pytest.mark.parametrize("name", REPORT_TYPES)
def test_every_example_is_valid_and_has_a_schema(name: str) -> None:
    kind = REPORT_TYPES[name]
    validate_data(name, kind.example)
    assert kind.name == name
    assert kind.json_schema()["type"] == "object"


@pytest.mark.parametrize("name", PERIOD_TYPES)
@pytest.mark.parametrize("revenue", [0, 1250.5, -3, "12500", "12.5", " 7 ", "1e3", ""])
def test_period_and_revenue_alone_are_enough(name: str, revenue: object) -> None:
    validate_data(name, {"period": "2026-Q1", "revenue": revenue})


@pytest.mark.parametrize("name", PERIOD_TYPES)
@pytest.mark.parametrize("revenue", ["abc", None, True, [], {}, "1e999", "1,5", "NaN"])
def test_a_revenue_that_is_no_number_is_refused(name: str, revenue: object) -> None:
    assert paths_of(name, {"period": "2026-Q1", "revenue": revenue}) == ["data.revenue"]


@pytest.mark.parametrize("name", PERIOD_TYPES)
def test_missing_fields_are_named(name: str) -> None:
    assert paths_of(name, {}) == ["data.period", "data.revenue"]


@pytest.mark.parametrize("data", [[], None, "text", 3])
def test_data_must_be_an_object(data: object) -> None:
    assert paths_of("sales", data) == ["data"]


def test_a_deep_error_names_its_whole_path() -> None:
    products = [{"name": "a"}, {"name": "b", "price": "cheap"}]
    assert paths_of("sales", {"period": "x", "revenue": 1, "products": products}) == ["data.products.1.price"]


def test_an_unknown_type_names_the_known_ones() -> None:
    with pytest.raises(ValidationFailed) as caught:
        validate_data("poem", {})
    [error] = caught.value.errors
    assert error.path == "reportType"
    assert all(name in error.message for name in REPORT_TYPES)


@pytest.mark.parametrize("character", ["\x00", "\x07", "\x1b", "\x7f", "\x85", "\ud800"])
def test_control_characters_and_lone_surrogates_are_refused_wherever_they_are(character: str) -> None:
    data = {"period": "x", "revenue": 1, "more": {"list": ["ok", f"a{character}b"]}}
    assert paths_of("sales", data) == ["data.more.list.1"]
    assert paths_of("sales", {"period": "x", "revenue": 1, f"k{character}": 1}) == ["data"]


def test_tabs_line_ends_and_backslashes_are_accepted() -> None:
    validate_data("sales", {"period": "a\tb\nc\r\nd", "revenue": 1, "x": "\\u0000 \\b \\f"})


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf, 10**300, -(10**400)])
def test_numbers_that_no_report_can_print_are_refused(number: float) -> None:
    assert paths_of("table", {"rows": [[1], [number]]}) == ["data.rows.1.0"]


@pytest.mark.parametrize("number", ["1e400", "-1E+400", "1" * 250 + "e99", "1" * 310 + ".5", "1" * 301])
def test_the_sent_text_hides_no_number_that_is_not_finite(number: str) -> None:
    text = f'{{"reportType":"test","data":{{"period":"Q1","revenue":1,"extra":{number}}}}}'.encode()
    data = from_json(text, allow_inf_nan=False)["data"]
    with pytest.raises(ValidationFailed) as caught:
        dataset_uses("test", data, text)
    assert [error.path for error in caught.value.errors] == ["data.extra"]


def test_deep_nesting_is_refused_without_a_crash() -> None:
    data: dict[str, object] = {}
    for _ in range(5000):
        data = {"a": data}
    [path] = paths_of("test", {"period": "x", "revenue": 1, "deep": data})
    assert path.startswith("data.deep.a.a")


def test_unknown_keys_are_kept() -> None:
    model = validate_data("sales", {"period": "x", "revenue": 1, "colour": "red"})
    assert model.model_extra == {"colour": "red"}


def test_rows_must_be_of_one_kind() -> None:
    assert paths_of("table", {"rows": [{"a": 1}, [2]]}) == ["data.rows.1"]
    assert paths_of("table", {"rows": [7]}) == ["data.rows.0"]


def test_a_row_with_more_values_than_columns_is_refused() -> None:
    data = {"columns": [{"key": "a"}], "rows": [[1], [1, 2]]}
    assert paths_of("table", data) == ["data.rows.1"]


def test_a_table_can_not_have_columns_without_end() -> None:
    assert paths_of("table", {"rows": [{f"k{index}": 1} for index in range(300)]}) == ["data.rows.200"]
    assert paths_of("table", {"rows": [list(range(201))]}) == ["data.rows.0"]


def test_a_column_key_is_used_once() -> None:
    assert paths_of("table", {"columns": [{"key": "a"}, {"key": "a"}], "rows": []}) == ["data.columns.1.key"]


def test_an_invoice_needs_parties_and_a_line() -> None:
    data = {"number": "1", "seller": {}, "buyer": 3, "lines": [], "issueDate": "soon"}
    expected = {"data.seller.name", "data.buyer", "data.lines", "data.issueDate"}
    assert set(paths_of("invoice", data)) == expected
