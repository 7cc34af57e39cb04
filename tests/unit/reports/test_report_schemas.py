"""The JSON Schemas that clients see."""

from __future__ import annotations

import jsonschema
import pytest

from shared.reports import REPORT_TYPES


@pytest.mark.parametrize("name", REPORT_TYPES)
def test_each_schema_is_sound_and_accepts_its_own_example(name: str) -> None:
    schema = REPORT_TYPES[name].json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.Draft202012Validator(schema).validate(REPORT_TYPES[name].example)


@pytest.mark.parametrize("name", ["sales", "inventory", "performance", "test"])
@pytest.mark.parametrize("revenue", [1, "1", ""])
def test_the_inherited_minimum_is_valid_by_the_schema(name: str, revenue: object) -> None:
    schema = REPORT_TYPES[name].json_schema()
    jsonschema.Draft202012Validator(schema).validate({"period": "x", "revenue": revenue})


def test_a_document_schema_refuses_an_unknown_block_and_key() -> None:
    validator = jsonschema.Draft202012Validator(REPORT_TYPES["document"].json_schema())
    assert not validator.is_valid({"blocks": [{"type": "poem"}]})
    assert not validator.is_valid({"blocks": [{"type": "paragraph", "text": "x", "colour": "red"}]})


@pytest.mark.parametrize("name", REPORT_TYPES)
def test_every_key_is_camel_case(name: str) -> None:
    schema = REPORT_TYPES[name].json_schema()
    models = [schema, *schema.get("$defs", {}).values()]
    keys = [key for model in models for key in model.get("properties", {})]
    assert keys
    assert not [key for key in keys if "_" in key]
