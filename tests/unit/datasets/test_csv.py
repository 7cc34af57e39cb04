"""CSV: dialect, encoding, header and types are found out; what is malformed is refused with its place."""

from __future__ import annotations

import csv
import io
import itertools
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.datasets.helpers import Taken

PEOPLE = "name{d}born{d}height\nAda{d}1815-12-10{d}1.65\nJosé{d}1900-01-01{d}1.80\n"


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_delimiter_encoding_and_line_ends_are_found_out(
    delimiter: str, encoding: str, line_end: str, tmp_path: Path
) -> None:
    text = PEOPLE.format(d=delimiter).replace("\n", line_end)
    taken = Taken(tmp_path, text.encode(encoding))
    assert taken.dataset.dialect.delimiter == delimiter
    assert taken.dataset.dialect.header
    assert taken.types == {"name": "text", "born": "date", "height": "number"}
    assert taken.rows == [["Ada", "1815-12-10", 1.65], ["José", "1900-01-01", 1.8]]


def test_quotes_delimiters_and_line_feeds_within_values_are_kept(tmp_path: Path) -> None:
    taken = Taken(tmp_path, b'a,b\n"x, ""y""","one\ntwo"\n5" pipe,z\n')
    assert taken.rows == [['x, "y"', "one\ntwo"], ['5" pipe', "z"]]


@pytest.mark.parametrize(
    ("values", "kind", "read"),
    [
        (["1", "-2", "", "30"], "number", [1, -2, None, 30]),
        (["1.5", "2", "1e3"], "number", [1.5, 2.0, 1000.0]),
        (["00123", "00456"], "text", ["00123", "00456"]),
        (["+4930123", "+4930124"], "text", ["+4930123", "+4930124"]),
        (["0.50", "0", "-0.25"], "number", [0.5, 0.0, -0.25]),
        (["12345678901234567890"], "number", [12345678901234567890]),
        (["1.2345678901234567"], "text", ["1.2345678901234567"]),
        (["1_000", "2"], "text", ["1_000", "2"]),
        (["nan", "inf"], "text", ["nan", "inf"]),
        (["1e999", "2"], "text", ["1e999", "2"]),
        (["2026-01-02", "2026-01-03T10:00:00Z"], "date", ["2026-01-02", "2026-01-03T10:00:00Z"]),
        (["2026/01/02", "", "2026/12/31"], "date", ["2026-01-02", None, "2026-12-31"]),
        (["2026/01-02", "2026/13/01"], "text", ["2026/01-02", "2026/13/01"]),
        (["2026-02-30", "2026-01-03"], "text", ["2026-02-30", "2026-01-03"]),
        (["20260102", "20260103"], "number", [20260102, 20260103]),
        (["true", "FALSE", ""], "bool", [True, False, None]),
        (["yes", "no"], "bool", [True, False]),
        (["1\n2"], "text", ["1\n2"]),
        (["٣", "٤"], "text", ["٣", "٤"]),
        (["", ""], "text", ["", ""]),
        (["1", "x"], "text", ["1", "x"]),
    ],
)
def test_the_type_of_a_column_is_what_all_its_values_are(
    values: list[str], kind: str, read: list[Any], tmp_path: Path
) -> None:
    out = io.StringIO()
    csv.writer(out).writerows([["word", "value"], *(["w", value] for value in values)])
    taken = Taken(tmp_path, out.getvalue().encode(), header=True)
    assert taken.types["value"] == kind
    assert [row[1] for row in taken.rows] == read


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize(("fraction", "delimiter"), [("1.5", ","), ("1,5", ";")])
def test_numbers_too_long_for_a_fraction_stay_text_wherever_the_fraction_is(
    first: bool, fraction: str, delimiter: str, tmp_path: Path
) -> None:
    long = [f"123456789012345678{delimiter}x"] * 1500
    rows = [f"{fraction}{delimiter}x", *long] if first else [*long, f"{fraction}{delimiter}x"]
    taken = Taken(tmp_path, "\n".join([f"a{delimiter}b", *rows]).encode(), header=True, delimiter=delimiter)
    assert taken.types["a"] == "text"
    assert taken.rows[700][0] == "123456789012345678"


@pytest.mark.parametrize("content", ["a,b\n1,2\n".encode("utf-16-le"), "a,b\n1,2\n".encode("utf-16-be")])
def test_utf_16_without_a_mark_is_read_in_the_order_that_it_has(content: bytes, tmp_path: Path) -> None:
    assert Taken(tmp_path, content, encoding="utf-16", header=True).rows == [[1, 2]]


@pytest.mark.parametrize(
    ("content", "place"), [(b"a,b\n1,2\n3,4", "line.1."), (b"\xef\xbb\xbfa,b\n1,2\n", "body")]
)
def test_what_is_not_the_encoding_that_is_named_is_a_mistake_of_the_sender(
    content: bytes, place: str, tmp_path: Path
) -> None:
    path, message = Taken(tmp_path, content, encoding="utf-16").error
    assert path.startswith(place)
    assert "utf-16" in message


def test_a_value_far_down_decides_too(tmp_path: Path) -> None:
    content = "a,b\n" + "1,2026-01-01\n" * 5000 + "x,never\n"
    assert Taken(tmp_path, content.encode()).types == {"a": "text", "b": "text"}


def test_decimal_commas_are_numbers_where_they_can_be_nothing_else(tmp_path: Path) -> None:
    taken = Taken(tmp_path, b"word;price;odd\na;12,50;1,234\nb;1.234;5,678\n")
    assert taken.types == {"word": "text", "price": "text", "odd": "text"}
    taken = Taken(tmp_path, b"word;price\na;12,50\nb;-0,5\nc;7\n")
    assert taken.types["price"] == "number"
    assert [row[1] for row in taken.rows] == [12.5, -0.5, 7]
    assert Taken(tmp_path, b'word,price\na,"12,50"\n').types["price"] == "text"


@pytest.mark.parametrize(
    ("content", "header"),
    [
        (b"a,b\n1,2\n", True),
        (b"1,2\n3,4\n", False),
        (b"country,2019,2020\nDE,1,2\nFR,3,4\n", True),
        (b"x,y\np,q\n", True),
        (b"x,x\np,q\n", False),
        (b"2026-01-01,5\n2026-01-02,6\n", False),
        (b",value\n0,5\n1,6\n", True),
        (b"only,names\n", True),
    ],
)
def test_a_header_is_told_from_a_row(content: bytes, header: bool, tmp_path: Path) -> None:
    taken = Taken(tmp_path, content)
    assert taken.dataset.dialect.header is header
    assert taken.dataset.rows == content.count(b"\n") - header


def test_names_are_made_different_and_found_where_they_lack(tmp_path: Path) -> None:
    taken = Taken(tmp_path, b"a,a,,a (2)\nx,y,z,w\n", header=True)
    assert list(taken.types) == ["a", "a (2)", "Column 3", "a (2) (2)"]
    taken = Taken(tmp_path, b"5,6\n7,8\n")
    assert list(taken.types) == ["Column 1", "Column 2"]
    assert taken.rows == [[5, 6], [7, 8]]


def test_what_the_sender_says_is_not_found_out(tmp_path: Path) -> None:
    content = "a,b;c\nä,1;2\n".encode("cp1252")
    taken = Taken(tmp_path, content, delimiter=";", encoding="windows-1250", header=False)
    assert taken.rows == [["a,b", "c"], ["ä,1", "2"]]


def test_short_rows_are_filled_and_empty_ends_dropped_and_empty_lines_are_no_rows(tmp_path: Path) -> None:
    taken = Taken(tmp_path, b"a,b,c\nx,y\n\nx,y,z,,\n\n", header=True)
    assert taken.rows == [["x", "y", ""], ["x", "y", "z"]]


def test_a_late_byte_shows_that_ascii_was_not_utf_8(tmp_path: Path) -> None:
    content = b"a,b\n" + b"1,x\n" * 100_000 + b"2,\xe4\n"
    taken = Taken(tmp_path, content)
    assert taken.dataset.dialect.encoding == "windows-1252"
    assert taken.rows[-1] == [2, "ä"]
    assert taken.dataset.bytes == len(content)


@pytest.mark.parametrize(
    ("content", "path", "message"),
    [
        (b"", "body", "the dataset is empty"),
        (b"\n\n", "body", "the dataset is empty"),
        (b'a,b\n1,"x"y\n', "line.2.column.6", "a quote ends a value"),
        (b'a,b\n1,"x\nz"y\n', "line.3.column.3", "a quote ends a value"),
        (b'a,b\n1,"x\n2,3\n', "line.2", "a quoted value that is not closed before the end"),
        (b"a,b\n1,2,3\n", "line.2", "has 3 values for 2 columns"),
        (b'a,b\n"1\n2",x\n1,2,3\n', "line.4", "has 3 values for 2 columns"),
        (b"a,b\n1,\x00\n", "line.2.column.3", "the control character U+0000"),
        (b"a,b\n1,\xc2\x85\n", "line.2.column.3", "the control character U+0085"),
        (b"a,b\n1,\xc3\xa4\n" * 3 + b"2,\xe4\n", "line.7.column.3", "the byte 0xE4 is not utf-8"),
        (b"a,b\n" + b"1,x\n" * 90_000 + b"2,\x81\n", "line.90002.column.3", "0x81 is not windows-1252"),
        (b",".join(b"c%d" % n for n in range(201)) + b"\n", "line.1", "has 201 columns"),
        (b"n" * 201 + b",b\n1,2\n", "line.1", "names column 1 with more than 200 characters"),
        (b"a,b\n1," + b"x" * 1_100_000 + b"\n", "line.2", "is longer than 1,048,576 characters"),
    ],
)
def test_what_is_malformed_is_refused_with_its_place(
    content: bytes, path: str, message: str, tmp_path: Path
) -> None:
    found = Taken(tmp_path, content, format="csv").error
    assert found[0] == path
    assert message in found[1]


_CELLS = st.text(st.characters(blacklist_categories=("Cs", "Cc")) | st.just("\n"), max_size=12)
_TABLES = st.integers(1, 5).flatmap(
    lambda width: st.lists(st.lists(_CELLS, min_size=width, max_size=width), min_size=1, max_size=20)
)


@settings(max_examples=150, deadline=None)
@given(table=_TABLES, delimiter=st.sampled_from(",;\t|"), encoding=st.sampled_from(["utf-8", "utf-16"]))
def test_every_value_comes_back_as_it_was_written(
    table: list[list[str]], delimiter: str, encoding: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    out = io.StringIO(newline="")
    # a first row of texts, so that no column is of another type
    rows = [[f"text {number}" for number in range(len(table[0]))], *table]
    csv.writer(out, delimiter=delimiter, quoting=csv.QUOTE_ALL).writerows(rows)
    content = out.getvalue().encode(encoding)
    taken = Taken(tmp_path_factory.mktemp("csv"), content, format="csv", delimiter=delimiter, header=False)
    assert taken.rows == rows


@settings(max_examples=200, deadline=None)
@given(content=st.binary(max_size=400))
def test_any_bytes_are_a_dataset_or_are_refused(
    content: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    for kind in ("csv", "ndjson", "json"):
        answer = Taken(tmp_path_factory.mktemp("any"), content, format=kind).answer
        assert answer.keys() in ({"dataset"}, {"errors"})


def test_every_combination_of_sample_ends_is_read_alike(tmp_path: Path) -> None:
    """The sample may end in the middle of a character, a quote or a row."""
    for padding in itertools.chain(range(262_100, 262_170, 3)):
        content = b'a,b\n"' + b"x" * padding + '",é\nk,"l\nm"\n'.encode()
        assert Taken(tmp_path, content).rows[1] == ["k", "l\nm"]
