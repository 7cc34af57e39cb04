"""The `document` type: what is accepted, which path an error names, and what the blocks become."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from shared.errors import ValidationFailed
from shared.reports import REPORT_TYPES, validate_data
from shared.reports.barcodes import ean13_digit
from shared.reports.blocks import Block, Chart, Columns, KeyValue, Metrics, Paragraph, Table
from shared.reports.document.example import PICTURE


def blocks_of(*sent: dict[str, Any], **around: Any) -> list[Block]:
    """The blocks that a document with these becomes."""
    data = validate_data("document", {"blocks": list(sent), **around})
    return list(REPORT_TYPES["document"].blocks(data))


def errors_of(*sent: Any, **around: Any) -> dict[str, str]:
    """Path and message of each error."""
    with pytest.raises(ValidationFailed) as caught:
        validate_data("document", {"blocks": list(sent), **around})
    return {error.path: error.message for error in caught.value.errors}


def table(**fields: Any) -> dict[str, Any]:
    """A table as it is sent."""
    return {"type": "table", "rows": [], **fields}


def chart(kind: str, **fields: Any) -> dict[str, Any]:
    """A chart as it is sent."""
    return {"type": "chart", "kind": kind, **fields}


@pytest.mark.parametrize(
    ("block", "path"),
    [
        ({"type": "table"}, "data.blocks.0.rows"),
        (table(rows=[{"a": 1}, 3]), "data.blocks.0.rows.1"),
        (table(rows=[[1, 2]], columns=[{"key": "a"}]), "data.blocks.0.rows.0"),
        (table(columns=[{"key": "a"}, {"key": "a"}]), "data.blocks.0.columns.1.key"),
        (table(columns=[{"key": "a", "width": "wide"}]), "data.blocks.0.columns.0.width"),
        (table(columns=[{"key": "a", "rules": [{"when": "<"}]}]), "data.blocks.0.columns.0.rules.0.value"),
        (table(columns=[{"key": "a", "format": "euro"}]), "data.blocks.0.columns.0.format"),
        (table(rows=[{"a": 1}], groupBy=["a", "b"]), "data.blocks.0.groupBy.1"),
        (table(rows=[{"a": 1}], groupBy="z"), "data.blocks.0.groupBy.0"),
        (table(colums=[]), "data.blocks.0.colums"),
        (table(columns=[{"key": "a", "titel": "A"}]), "data.blocks.0.columns.0.titel"),
        (table(dataset="a" * 32), "data.blocks.0.dataset"),
        ({"type": "table", "dataset": "../x"}, "data.blocks.0.dataset"),
        (
            {"type": "columns", "columns": [[{"type": "table", "dataset": "a" * 32}]]},
            "data.blocks.0.columns.0.blocks.0.dataset",
        ),
        ({"type": "poem"}, "data.blocks.0.type"),
        ({}, "data.blocks.0.type"),
        (7, "data.blocks.0"),
        ({"type": "heading", "text": "x", "level": 4}, "data.blocks.0.level"),
        (
            {"type": "list", "items": [{"text": "a", "items": [{}]}]},
            "data.blocks.0.items.0.items.0.text",
        ),
        ({"type": "metrics", "items": [{"label": "a", "value": []}]}, "data.blocks.0.items.0.value"),
        (chart("bar", labels=["a"], values=[1, 2]), "data.blocks.0.values"),
        (chart("bar", labels=["a"], series=[{"values": [1]}, {}]), "data.blocks.0.series.1.values"),
        (chart("bar", labels=["a"], values=["x"]), "data.blocks.0.values.0"),
        (chart("pie", labels=["a"], values=[-1]), "data.blocks.0.values"),
        (chart("donut", labels=["a"], series=[{"values": [1]}, {"values": [1]}]), "data.blocks.0.series"),
        (chart("scatter", series=[{"values": [1]}]), "data.blocks.0.series.0.points"),
        (chart("radar", values=[1]), "data.blocks.0.kind"),
        ({"type": "image", "data": "/etc/passwd"}, "data.blocks.0.data"),
        ({"type": "image", "data": "https://a.example/b.png"}, "data.blocks.0.data"),
        ({"type": "image", "data": "data:image/svg+xml;base64,AAAA"}, "data.blocks.0.data"),
        ({"type": "image", "data": "data:image/png;base64,AAAA"}, "data.blocks.0.data"),
        ({"type": "image", "data": "data:image/png;base64,%%%"}, "data.blocks.0.data"),
        ({"type": "barcode", "kind": "ean13", "value": "4006381333932"}, "data.blocks.0.value"),
        ({"type": "barcode", "kind": "code128", "value": "ü"}, "data.blocks.0.value"),
        ({"type": "barcode", "value": "x" * 3000}, "data.blocks.0.value"),
        (
            {"type": "columns", "columns": [[{"type": "spacer", "height": -1}]]},
            "data.blocks.0.columns.0.blocks.0.height",
        ),
        ({"type": "columns", "columns": [[{"type": "pageBreak"}]]}, "data.blocks.0.columns.0.blocks.0.type"),
        (
            {"type": "columns", "columns": [[table(rows=[list(range(11))])], []]},
            "data.blocks.0.columns.0.blocks.0.rows",
        ),
    ],
)
def test_an_error_names_its_path(block: Any, path: str) -> None:
    assert list(errors_of(block)) == [path]


@pytest.mark.parametrize(
    ("key", "value", "path"),
    [
        ("locale", "klingon", "data.locale"),
        ("currency", "euro", "data.currency"),
        ("page", {"size": "A0"}, "data.page.size"),
        ("page", {"margin": 3}, "data.page.margin"),
        ("page", {"margins": {"left": 900}}, "data.page.margins.left"),
        ("theme", {"colours": {"accent": "red"}}, "data.theme.colours.accent"),
        ("theme", {"logo": "logo.png"}, "data.theme.logo"),
        ("theme", {"font": "Comic Sans"}, "data.theme.font"),
        ("toc", {"depth": 9}, "data.toc.depth"),
        ("header", 5, "data.header"),
    ],
)
@pytest.mark.parametrize("report_type", ["document", "sales"])
def test_every_type_checks_the_keys_that_all_share(report_type: str, key: str, value: Any, path: str) -> None:
    data = {**REPORT_TYPES[report_type].example, key: value}
    with pytest.raises(ValidationFailed) as caught:
        validate_data(report_type, data)
    assert [error.path for error in caught.value.errors] == [path]


def test_a_document_needs_a_block() -> None:
    with pytest.raises(ValidationFailed):
        validate_data("document", {"blocks": []})


def test_unknown_keys_of_a_document_become_a_block() -> None:
    *_, last = blocks_of({"type": "paragraph", "text": "x"}, approvedBy="Ada")
    assert isinstance(last, Table)
    assert list(last.rows) == [("approvedBy", "Ada")]


def test_rows_are_counted_in_columns_too() -> None:
    inner = [[table(rows=[[1], [2]])], {"blocks": [table(rows=[[3]])], "width": 2}]
    data = {"blocks": [table(rows=[[1]]), {"type": "columns", "columns": inner}]}
    assert REPORT_TYPES["document"].count_rows(data) == 4


def test_short_forms_are_understood() -> None:
    found = blocks_of(
        {"type": "keyValue", "items": {"a": 1.5, "b": True}},
        {"type": "keyValue", "items": [["a", 1], {"label": "b", "value": None}]},
        chart("bar", labels=["a"], values=["2.5"]),
        {"type": "columns", "columns": [[{"type": "paragraph", "text": "x"}]]},
    )
    assert isinstance(found[0], KeyValue)
    assert found[0].items == (("a", "1.5"), ("b", "yes"))
    assert isinstance(found[1], KeyValue)
    assert found[1].items == (("a", "1"), ("b", ""))
    assert isinstance(found[2], Chart)
    assert found[2].series[0].values == (2.5,)
    assert isinstance(found[3], Columns)
    assert isinstance(found[3].groups[0][0], Paragraph)


def test_a_card_is_printed_as_it_asks() -> None:
    [cards] = blocks_of(
        {
            "type": "metrics",
            "items": [
                {"label": "a", "value": 1234.5, "format": "currency", "previous": 1000},
                {"label": "b", "value": "007"},
                {"label": "c", "value": 0.25, "format": "percent", "change": -0.1, "higherIsBetter": False},
                {"label": "d", "value": 5, "change": "steady"},
            ],
        },
        currency="EUR",
        locale="de",
    )
    assert isinstance(cards, Metrics)
    shown = [(item.value, item.change, item.tone) for item in cards.items]
    assert shown == [
        ("1.234,50\u00a0€", "+23,4\u00a0%", "good"),
        ("007", None, "flat"),
        ("25,0\u00a0%", "-10,0\u00a0%", "good"),
        ("5", "steady", "flat"),
    ]


def test_rows_come_together_by_group_in_order_of_appearance() -> None:
    rows = [
        {"g": g, "h": h, "n": n}
        for n, (g, h) in enumerate([("b", 1), ("a", 1), ("b", 2), ("a", 1), ("b", 1)])
    ]
    [block] = blocks_of(table(rows=rows, groupBy=["g", "h"]))
    assert isinstance(block, Table)
    assert [row[2] for row in block.rows] == [0, 4, 2, 1, 3]
    assert block.group_by == (0, 1)


def test_pictures_of_the_three_formats_are_accepted() -> None:
    webp = base64.b64encode(b"RIFF\x00\x00\x00\x00WEBPVP8 ").decode()
    blocks_of(
        {"type": "image", "data": PICTURE},
        {"type": "image", "data": f"data:image/webp;base64,{webp}"},
        {"type": "image", "data": "data:image/jpg;base64," + base64.b64encode(b"\xff\xd8\xff\xe0").decode()},
    )


def test_check_digits_are_those_of_known_articles() -> None:
    assert ean13_digit("400638133393") == "1"
    assert ean13_digit("978030640615") == "7"
