"""Arbitrary JSON at every type: a sound PDF, or an error that says what is wrong."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from render_helpers import check, make

from shared.errors import ValidationFailed
from shared.reports import REPORT_TYPES

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=True)
    | st.text(max_size=40)
    | st.sampled_from(["", "12", "1e5", "2026-01-01", "x" * 3000, 10**200, -1e308, 5e-324])
)
json_values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=12), inner, max_size=5),
    max_leaves=12,
)
numbers = st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.just("12.5")
words = st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=60)
points = st.lists(st.fixed_dictionaries({"label": words, "value": numbers}), max_size=40)
cells = numbers | words | st.booleans() | st.none()


def objects(required: dict[str, Any], optional: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Valid items with an unknown key now and then."""
    return st.fixed_dictionaries(required, optional={**optional, "unknown": json_values})


period = {"period": words.filter(str.strip), "revenue": numbers | st.just("")}
named = {"name": words.filter(str.strip)}
near_valid = {
    "sales": objects(
        period,
        {
            "previousRevenue": numbers,
            "target": numbers,
            "orders": numbers,
            "byMonth": points,
            "byRegion": points,
            "products": st.lists(objects(named, {"quantity": numbers, "price": numbers}), max_size=5),
        },
    ),
    "inventory": objects(
        period,
        {
            "byCategory": points,
            "items": st.lists(
                objects({**named, "stock": numbers}, {"reorderPoint": numbers, "unitCost": numbers}),
                max_size=5,
            ),
        },
    ),
    "performance": objects(
        period,
        {
            "target": numbers,
            "metrics": st.lists(
                objects({**named, "value": numbers}, {"target": numbers, "previous": numbers, "unit": words}),
                max_size=5,
            ),
            "series": st.lists(objects({**named, "points": points}, {}), max_size=9),
        },
    ),
    "test": objects(period, {"message": words, "notes": words}),
    "table": st.fixed_dictionaries(
        {
            "rows": st.lists(st.dictionaries(words, cells, max_size=6), max_size=12)
            | st.lists(st.lists(cells, max_size=30), max_size=12)
        },
        optional={"summary": words, "extra": json_values},
    ),
    "invoice": objects(
        {
            "number": words.filter(str.strip),
            "seller": objects(named, {"address": words}),
            "buyer": objects(named, {}),
            "lines": st.lists(
                objects(
                    {"description": words.filter(str.strip)},
                    {"quantity": numbers, "unitPrice": numbers, "taxRate": numbers},
                ),
                min_size=1,
                max_size=5,
            ),
        },
        {"discount": numbers, "taxRate": numbers, "reference": words},
    ),
}


@pytest.mark.parametrize("name", REPORT_TYPES)
@given(st.data())
@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_any_json_is_rendered_or_refused(name: str, drawn: st.DataObject) -> None:
    data = drawn.draw(near_valid[name] | st.dictionaries(st.text(max_size=12), json_values, max_size=6))
    with tempfile.TemporaryDirectory() as folder:
        try:
            path, outcome = make(Path(folder), name, data)
        except ValidationFailed:
            return
        assert check(path) == outcome.pages
