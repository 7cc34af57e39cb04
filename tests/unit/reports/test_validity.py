"""Data is in order exactly when the model takes it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from shared.reports import REPORT_TYPES
from shared.reports.fields import ReportModel
from shared.reports.validity import is_in_order

VALUES: list[Any] = [
    *(0, -5, 3.5, 10**30, True, False, None, "", "  ", "x", "1", "1e3", " 12 ", "-", "NaN", [], {}),
    *(
        [1],
        {"a": 1},
        "\u2003",
        "2026-01-01",
        "EUR",
        "#ff0000",
        "a" * 300,
        "A4",
        "landscape",
        1.1,
        36,
        "de-DE",
    ),
    *([{}], [None], {"text": "x"}, {"colours": {"accent": "#ff0000"}}, {"colours": {"accent": "red"}}),
    *({"pdfa": "2b"}, {"pdfa": "2b", "attach": ["csv"]}, {"scale": 9}, {"size": "A4", "margins": 7}),
]


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    items: list[tuple[Any, Any]] = list(value.items()) if isinstance(value, dict) else []
    if isinstance(value, list):
        items = list(enumerate(value[:2]))
    for key, item in items:
        yield from places(item, (*path, key))


def changed(value: Any, path: tuple[Any, ...], to: Any) -> Any:
    if not path:
        return to
    copy = json.loads(json.dumps(value))
    inside = copy
    for key in path[:-1]:
        inside = inside[key]
    inside[path[-1]] = to
    return copy


def without(value: Any, path: tuple[Any, ...]) -> Any:
    copy = json.loads(json.dumps(value))
    inside = copy
    for key in path[:-1]:
        inside = inside[key]
    del inside[path[-1]]
    return copy


def takes(model: type[BaseModel], data: object) -> bool:
    try:
        model.model_validate(data)
    except ValidationError:
        return False
    return True


@pytest.mark.parametrize("name", REPORT_TYPES)
def test_data_is_in_order_exactly_when_the_model_takes_it(name: str) -> None:
    kind = REPORT_TYPES[name]
    keys = [(key,) for key in kind.model.model_json_schema(by_alias=True)["properties"]]
    found = {True: 0, False: 0}
    spots = list(places(kind.example))
    cases = [changed(kind.example, path, value) for path in [*spots, *keys] for value in VALUES]
    cases += [without(kind.example, path) for path in spots if path]
    for data in [kind.example, *cases]:
        expected = takes(kind.model, data)
        assert is_in_order(kind.model, data) is expected, data
        found[expected] += 1
    assert min(found.values()) > 100


def test_no_model_does_more_when_it_is_made_than_its_schema_says() -> None:
    """Objects are left out, so what would run only when one is made would not run."""
    models = list(descendants(ReportModel))
    assert len(models) > 20
    for model in models:
        assert "__init__" not in vars(model)
        hook = vars(model).get("model_post_init")
        assert hook is None or hook.__module__.startswith("pydantic.")


def descendants(kind: type[ReportModel]) -> Iterator[type[ReportModel]]:
    yield kind
    for child in kind.__subclasses__():
        yield from descendants(child)
