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
_Shared = dict[str, _Schema]


def is_in_order(model: type[BaseModel], data: object) -> bool:
    """Whether the model would take `data`. What is wrong with it, only the model itself tells."""
    return _validator(model).isinstance_python(data)


@cache
def _validator(model: type[BaseModel]) -> SchemaValidator:
    schema = cast(_Schema, model.__pydantic_core_schema__)
    shared = {item.get("ref"): item for item in schema.get("definitions", ())}
    return SchemaValidator(cast(CoreSchema, _without_objects(schema, shared)))


def _without_objects(schema: _Schema, shared: _Shared) -> _Schema:
    """The schema with models replaced, except under functions that get to see what came out of them.

    Args:
        schema: of the whole or of a part.
        shared: the definitions that it may refer to, by their names.
    """
    match schema["type"]:
        case "model":
            return _as_dict(schema, shared)
        case "definition-ref" if schema["schema_ref"] in shared:
            return _instead_of(schema, shared)
        case "definitions" | "nullable":
            return {**schema, "schema": _without_objects(schema["schema"], shared)}
        case "function-before" if schema["function"]["type"] == "no-info":
            return {**schema, "schema": _without_objects(schema["schema"], shared)}
        case "list" if "items_schema" in schema:
            return {**schema, "items_schema": _without_objects(schema["items_schema"], shared)}
    return schema


def _instead_of(reference: _Schema, shared: _Shared) -> _Schema:
    """What it refers to, without objects; within that, references to the same thing stay."""
    name = reference["schema_ref"]
    others = {key: item for key, item in shared.items() if key != name}
    changed = _without_objects(shared[name], others)
    return reference if changed is shared[name] else {k: part for k, part in changed.items() if k != "ref"}


def _as_dict(model: _Schema, shared: _Shared) -> _Schema:
    inside, config = model["schema"], model.get("config", {})
    is_plain = inside["type"] == "model-fields" and not inside.get("extras_schema")
    if not is_plain or model.get("custom_init") or model.get("root_model"):
        return model
    extra = inside.get("extra_behavior") or config.get("extra_fields_behavior")
    return {
        "type": "typed-dict",
        "fields": {name: _as_item(field, shared) for name, field in inside["fields"].items()},
        "extra_behavior": "forbid" if extra == "forbid" else "ignore",
        "config": config,
        **({"ref": model["ref"]} if "ref" in model else {}),
    }


def _as_item(field: _Schema, shared: _Shared) -> _Schema:
    schema = field["schema"]
    has_default = schema["type"] == "default"
    if has_default and not schema.get("validate_default") and schema.get("on_error", "raise") == "raise":
        schema = schema["schema"]
    return {
        "type": "typed-dict-field",
        "schema": _without_objects(schema, shared),
        "required": not has_default,
        "validation_alias": field.get("validation_alias"),
    }
