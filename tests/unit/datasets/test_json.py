"""NDJSON and JSON arrays, of objects or of arrays."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.datasets.helpers import Taken

OBJECTS: list[dict[str, Any]] = [
    {"day": "2026-01-01", "n": 1, "ok": True, "note": "ä"},
    {"day": "2026-01-02", "n": 2.5, "ok": False, "more": [1, {"k": 2}]},
]


def as_lines(rows: list[Any]) -> bytes:
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


@pytest.mark.parametrize("write", [as_lines, lambda rows: json.dumps(rows, indent=1).encode()])
def test_objects_have_the_columns_of_all_their_keys(write: Any, tmp_path: Path) -> None:
    taken = Taken(tmp_path, write(OBJECTS))
    assert taken.types == {"day": "date", "n": "number", "ok": "bool", "note": "text", "more": "text"}
    assert taken.rows == [
        ["2026-01-01", 1, True, "ä", None],
        ["2026-01-02", 2.5, False, None, [1, {"k": 2}]],
    ]


@pytest.mark.parametrize("write", [as_lines, lambda rows: json.dumps(rows).encode()])
def test_arrays_have_numbered_columns(write: Any, tmp_path: Path) -> None:
    taken = Taken(tmp_path, write([["a", 1], ["b", 2, 3], []]), format=None)
    assert taken.types == {"Column 1": "text", "Column 2": "number", "Column 3": "number"}
    assert taken.rows == [["a", 1, None], ["b", 2, 3], [None, None, None]]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le"])
def test_json_may_be_in_any_unicode_encoding(encoding: str, tmp_path: Path) -> None:
    text = json.dumps(OBJECTS, ensure_ascii=False)
    assert Taken(tmp_path, text.encode(encoding)).dataset.rows == 2


def test_an_array_without_rows_is_a_dataset_without_rows(tmp_path: Path) -> None:
    assert Taken(tmp_path, b" [ ] ").dataset.rows == 0


@pytest.mark.parametrize(
    ("kind", "content", "path", "message"),
    [
        ("ndjson", b'{"a":1}\n{"a":}\n', "line.2.column.6", "expecting value"),
        ("ndjson", b'{"a":1} x\n', "line.1.column.9", "something follows the row"),
        ("ndjson", b'{"a":1}\n5\n', "line.2", "a row must be an object or an array"),
        ("ndjson", b'{"a":1}\n[1]\n', "line.2", "must be an object like the rows before"),
        ("ndjson", b'{"a":NaN}\n', "line.1", "has NaN, which is not JSON"),
        ("ndjson", b'{"a":1e999}\n', "line.1", "beyond all bounds"),
        ("ndjson", b'{"a":"\\u0000"}\n', "line.1", "a: contains the control character U+0000"),
        ("ndjson", b'{"a":"\\ud800"}\n', "line.1", "a: contains the lone surrogate U+D800"),
        ("ndjson", b'\n\n{"a":"\x01"}\n', "line.3.column.7", "the control character U+0001"),
        ("ndjson", b"[" * 40 + b"]" * 40 + b"\n", "line.1", "nested more than 32 levels"),
        ("ndjson", b'{"a":' + b"9" * 400 + b"}\n", "line.1", "must be a number below 1e300"),
        ("json", b'[{"a":1},\n {"a":tru}]', "line.2.column.7", "expecting value"),
        ("json", b'[{"a":1}\n{"a":2}]', "line.2.column.1", "a comma or the end of the array"),
        ("json", b'[{"a":1}', "line.1.column.9", "a comma or the end of the array"),
        ("json", b'[{"a":1', "line.1.column.8", "expecting ',' delimiter"),
        ("json", b'[{"a":1}] x', "line.1.column.11", "something follows the array"),
        ("json", b"[1,2]", "line.1.column.2", "a row must be an object or an array"),
        ("json", b'{"rows":[]}', "line.1.column.1", "must be one array of rows"),
        ("json", b"[" * 100_000, "line.1", "is nested too deep"),
        ("json", b"  ", "line.1.column.3", "must be one array of rows"),
        ("json", b'[["' + b"x" * 2_000_000, "line.1.column.3", "the row is longer than 1,048,576 characters"),
        ("json", json.dumps([{f"k{n}": 1 for n in range(201)}]).encode(), "line.1", "more than 200 columns"),
        ("json", json.dumps([{"k" * 201: 1}]).encode(), "line.1", "a key of more than 200 characters"),
    ],
)
def test_what_is_malformed_is_refused_with_its_place(
    kind: str, content: bytes, path: str, message: str, tmp_path: Path
) -> None:
    found = Taken(tmp_path, content, format=kind).error
    assert found[0] == path
    assert message in found[1]


@pytest.mark.parametrize(
    ("content_type", "file_name", "content", "kind"),
    [
        ("text/csv; charset=utf-8", "", b"[1],[2]\n", "csv"),
        ("application/x-ndjson", "", b'{"a":1}\n', "ndjson"),
        ("application/json", "", b'[{"a":1}]', "json"),
        ("application/octet-stream", "rows.JSONL", b'{"a":1}\n', "ndjson"),
        ("application/x-www-form-urlencoded", "", b'\n [ {"a":1}]', "json"),
        ("", "", b'[1,"x"]\n[2,"y"]\n', "ndjson"),
        ("", "", b"a,b\n1,2\n", "csv"),
        ("", "rows.tsv", b"a\tb\n1\t2\n", "csv"),
    ],
)
def test_the_format_is_declared_or_sniffed(
    content_type: str, file_name: str, content: bytes, kind: str, tmp_path: Path
) -> None:
    taken = Taken(tmp_path, content, content_type=content_type, file_name=file_name)
    assert taken.dataset.dialect.format == kind


_TEXTS = st.text(st.characters(blacklist_categories=("Cs", "Cc")), max_size=8)
_VALUES = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | _TEXTS
)
_ROWS = st.lists(st.dictionaries(st.sampled_from("abcd"), _VALUES, min_size=1), min_size=1, max_size=12)


@settings(max_examples=150, deadline=None)
@given(rows=_ROWS, indent=st.sampled_from([None, 0, 3]), ascii_only=st.booleans())
def test_every_value_comes_back_as_it_was_written(
    rows: list[dict[str, Any]],
    indent: int | None,
    ascii_only: bool,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    content = json.dumps(rows, indent=indent, ensure_ascii=ascii_only).encode()
    taken = Taken(tmp_path_factory.mktemp("json"), content, format="json")
    names = [column.name for column in taken.dataset.columns]
    assert taken.rows == [[row.get(name) for name in names] for row in rows]
    lines = "".join(json.dumps(row, ensure_ascii=ascii_only) + "\r\n" for row in rows).encode()
    assert Taken(tmp_path_factory.mktemp("json"), lines, format="ndjson").rows == taken.rows


@pytest.mark.parametrize("format_", ["json", "ndjson"])
def test_a_number_of_thousands_of_digits_is_refused_in_plain_words(format_: str, tmp_path: Path) -> None:
    row = '{"a": ' + "9" * 5000 + "}"
    content = f"[{row}]" if format_ == "json" else row
    taken = Taken(tmp_path, content.encode(), format=format_)
    assert taken.error == ("line.1", "line 1 has a number of too many digits")
