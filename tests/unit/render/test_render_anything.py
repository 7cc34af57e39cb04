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
from shared.reports.document.example import PICTURE

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
colours = st.sampled_from(["#123456", "#ffffff", "#FFF", "red"])
series = st.fixed_dictionaries(
    {"values": st.lists(numbers | st.none(), min_size=3, max_size=3)}, optional={"name": words}
)
sentences = words | st.sampled_from(
    ["**a *b* `c`** [l](https://x.example)", "[x](javascript:alert(1))", "a  \nb\\", "`" * 50]
)
tables = {
    "rows": st.lists(
        st.dictionaries(st.sampled_from("abcd"), cells | st.lists(numbers), max_size=4), max_size=9
    ),
}
small_blocks = st.one_of(
    st.fixed_dictionaries({"type": st.just("heading"), "text": words}, optional={"level": st.integers(1, 3)}),
    st.fixed_dictionaries({"type": st.just("paragraph"), "text": sentences}),
    st.fixed_dictionaries({"type": st.sampled_from(["quote", "code", "callout"]), "text": sentences}),
    st.fixed_dictionaries(
        {
            "type": st.just("list"),
            "items": st.lists(sentences | st.just({"text": "x", "items": ["y"]}), min_size=1, max_size=4),
        },
        optional={"ordered": st.booleans()},
    ),
    st.fixed_dictionaries(
        {"type": st.just("keyValue"), "items": st.dictionaries(words, json_values, min_size=1, max_size=4)}
    ),
    st.fixed_dictionaries(
        {
            "type": st.just("metrics"),
            "items": st.lists(
                st.fixed_dictionaries(
                    {"label": words, "value": numbers | words},
                    optional={
                        "previous": numbers,
                        "change": numbers,
                        "format": st.sampled_from(["number", "percent", "currency"]),
                        "trend": st.lists(numbers, max_size=5),
                    },
                ),
                min_size=1,
                max_size=6,
            ),
        }
    ),
    st.fixed_dictionaries(
        {"type": st.just("table"), **tables},
        optional={
            "groupBy": st.sampled_from(["a", ["b", "a"]]),
            "columns": st.just(
                [
                    {"key": "a", "format": "sparkline"},
                    {
                        "key": "b",
                        "total": "sum",
                        "rules": [{"when": ">", "value": 1, "tone": "bad", "fill": True}],
                    },
                    {"key": "c", "width": 40},
                ]
            ),
        },
    ),
    st.fixed_dictionaries(
        {
            "type": st.just("chart"),
            "kind": st.sampled_from(["bar", "stacked", "line", "area", "pie", "donut", "sparkline"]),
            "labels": st.lists(words, min_size=3, max_size=3),
            "series": st.lists(series, min_size=1, max_size=3),
        },
        optional={
            "horizontal": st.booleans(),
            "format": st.sampled_from(["percent", "currency"]),
            "xTitle": words,
        },
    ),
    st.fixed_dictionaries(
        {
            "type": st.just("chart"),
            "kind": st.just("scatter"),
            "series": st.lists(
                st.fixed_dictionaries(
                    {"points": st.lists(st.lists(numbers, min_size=2, max_size=2), min_size=1)}
                ),
                min_size=1,
                max_size=3,
            ),
        }
    ),
    st.fixed_dictionaries(
        {"type": st.just("barcode"), "value": words}, optional={"kind": st.just("code128")}
    ),
    st.fixed_dictionaries({"type": st.just("image"), "data": st.just(PICTURE) | words}),
    st.fixed_dictionaries({"type": st.just("signature"), "lines": st.lists(words, min_size=1, max_size=6)}),
)
blocks = (
    small_blocks
    | st.fixed_dictionaries(
        {
            "type": st.just("columns"),
            "columns": st.lists(st.lists(small_blocks, max_size=3), min_size=1, max_size=4),
        }
    )
    | st.fixed_dictionaries({"type": st.just("pageBreak")}, optional={"orientation": st.just("landscape")})
    | json_values
)
presented = {
    "locale": st.sampled_from(["de-DE", "en-IN", "ar-EG", "ja", "fr-CH", "xx"]),
    "page": st.fixed_dictionaries(
        {}, optional={"size": st.sampled_from(["A5", "A3"]), "margins": numbers | st.just(30)}
    ),
    "toc": st.booleans(),
    "watermark": words,
    "header": words,
    "footer": st.just({"left": "{title}", "right": "{page}/{pages}"}),
    "output": st.sampled_from(
        [
            {"pdfa": "2b", "subject": "x"},
            {"pdfa": "3b", "attach": ["csv", "json"], "keywords": ["a", 7]},
            {"linearize": True, "attach": ["json"]},
            {"encryption": {"ownerPassword": "owner", "mayPrint": False}},
            {"pdfa": "2b", "attach": ["csv"]},
            {"encryption": {}},
        ]
    ),
    "theme": st.fixed_dictionaries({}, optional={"colours": st.fixed_dictionaries({"accent": colours})}),
}
near_valid = {
    "document": objects({"blocks": st.lists(blocks, min_size=1, max_size=8)}, {"title": words, **presented}),
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
