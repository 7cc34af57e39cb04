"""Whether data is in order, found out without making the models that a report is drawn from.

Making an object of each row costs more than looking at the row. Where nobody wants the objects, rows are
looked at as they were sent, by the very same rules: the model's own schema with the objects left out.
"""

from __future__ import annotations

from functools import cache
from typing import Any, cast

from pydantic import BaseModel
from pydantic_core import CoreSchema, SchemaValidator

_Schema = dict[str, Any]


def is_in_order(model: type[BaseModel], data: object) -> bool:
    """Whether the model would take `data`. What is wrong with it, only the model itself tells."""
    return _validator(model).isinstance_python(data)


@cache
def _validator(model: type[BaseModel]) -> SchemaValidator:
    schema = cast(_Schema, model.__pydantic_core_schema__)
    return SchemaValidator(cast(CoreSchema, _without_objects(schema)))


def _without_objects(schema: _Schema) -> _Schema:
    """The schema with models replaced, except under functions that get to see what came out of them."""
    match schema["type"]:
        case "model":
            return _as_dict(schema)
        case "definitions" | "nullable":
            return {**schema, "schema": _without_objects(schema["schema"])}
        case "function-before" if schema["function"]["type"] == "no-info":
            return {**schema, "schema": _without_objects(schema["schema"])}
        case "list" if "items_schema" in schema:
            return {**schema, "items_schema": _without_objects(schema["items_schema"])}
    return schema


def _as_dict(model: _Schema) -> _Schema:
    inside, config = model["schema"], model.get("config", {})
    is_plain = inside["type"] == "model-fields" and not inside.get("extras_schema")
    if not is_plain or model.get("custom_init") or model.get("root_model"):
        return model
    extra = inside.get("extra_behavior") or config.get("extra_fields_behavior")
    return {
        "type": "typed-dict",
        "fields": {name: _as_item(field) for name, field in inside["fields"].items()},
        "extra_behavior": "forbid" if extra == "forbid" else "ignore",
        "config": config,
        **({"ref": model["ref"]} if "ref" in model else {}),
    }


def _as_item(field: _Schema) -> _Schema:
    schema = field["schema"]
    has_default = schema["type"] == "default"
    if has_default and not schema.get("validate_default") and schema.get("on_error", "raise") == "raise":
        schema = schema["schema"]
    return {
        "type": "typed-dict-field",
        "schema": _without_objects(schema),
        "required": not has_default,
        "validation_alias": field.get("validation_alias"),
    }
