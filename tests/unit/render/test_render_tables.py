"""Tables: every row, every column, and nothing beyond the page."""

from __future__ import annotations

import itertools
import re
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from render_helpers import check, make, text_of

from worker.render.fonts import Font
from worker.render.text import wrap


def placed_texts(path: Path) -> list[tuple[float, float]]:
    """(x of each positioned text, width of its page)."""
    found = []
    with pikepdf.open(path) as pdf:
        for page in pdf.pages:
            width, x = float(page.mediabox[2]), 0.0
            for operands, operator in pikepdf.parse_content_stream(page):
                if str(operator) == "Tm":
                    x = float(operands[4])
                elif str(operator) == "Td":
                    x += float(operands[0])
                else:
                    continue
                found.append((x, width))
    return found


@pytest.mark.parametrize("count", [0, 1, 2, 37, 38, 39, 400, 401, 3000])
def test_every_row_is_printed_once(count: int, tmp_path: Path) -> None:
    rows = [{"key": f"row-{index:05}-end", "n": index} for index in range(count)]
    path, outcome = make(tmp_path, "table", {"rows": rows})
    assert outcome.rows_received == outcome.rows_rendered == count
    assert re.findall(r"row-\d{5}-end", text_of(path)) == [row["key"] for row in rows]
    assert check(path) == outcome.pages


def test_the_header_is_on_every_page(tmp_path: Path) -> None:
    path, outcome = make(tmp_path, "table", {"rows": [{"Betrag": index} for index in range(300)]})
    assert text_of(path).count("Betrag") == outcome.pages > 3


@pytest.mark.parametrize("columns", [1, 7, 25, 60, 200])
def test_no_column_leaves_the_page(columns: int, tmp_path: Path) -> None:
    rows = [[f"c{row}x{column}" for column in range(columns)] for row in range(45)]
    path, outcome = make(tmp_path, "table", {"rows": rows})
    text = text_of(path)
    assert all(f"c44x{column}" in text for column in range(columns))
    assert all(0 <= x <= width - 40 for x, width in placed_texts(path))
    assert outcome.rows_rendered == 45


def test_a_long_text_is_wrapped_and_complete(tmp_path: Path) -> None:
    words = [f"word{index}" for index in range(3000)]
    path, outcome = make(
        tmp_path, "table", {"rows": [{"a": "x", "b": " ".join(words)}, {"a": "y", "b": "z"}]}
    )
    assert re.findall(r"word\d+", text_of(path)) == words
    assert outcome.pages > 1
    assert all(0 <= x <= width - 40 for x, width in placed_texts(path))


def test_a_word_of_a_million_characters_is_broken(tmp_path: Path) -> None:
    path, outcome = make(tmp_path, "table", {"rows": [["W" * 1_000_000]]})
    assert outcome.rows_rendered == 1
    assert text_of(path).count("W") == 1_000_000


def test_totals_are_exact(tmp_path: Path) -> None:
    columns = [
        {"key": "i", "total": "sum"},
        {"key": "f", "format": "currency", "currency": "EUR", "total": "sum"},
        {"key": "a", "format": "number", "decimals": 1, "total": "avg"},
        {"key": "m", "total": "max"},
        {"key": "t", "total": "count"},
    ]
    rows = [{"i": 10**17, "f": 0.1, "a": index, "m": -index, "t": "x"} for index in range(1000)]
    path, outcome = make(tmp_path, "table", {"columns": columns, "rows": rows})
    assert text_of(path).rpartition("€0.10")[2].split()[3:10] == [
        "100,000,000,000,000,000,000",
        "€100.00",
        *("Ø", "499.5"),
        *("max", "0"),
        "1,000",
    ]
    assert outcome.warnings == ()


def test_values_that_are_not_numbers_are_named_in_a_warning(tmp_path: Path) -> None:
    data = {"columns": [{"key": "n", "format": "number", "total": "sum"}], "rows": [["abc"], ["2"], [3]]}
    _, outcome = make(tmp_path, "table", data)
    assert outcome.warnings == ("1 values of column 'n' are not numbers and not in its total",)


@pytest.mark.parametrize(
    ("column", "value", "printed"),
    [
        ({"format": "currency", "currency": "USD"}, -1234.5, "-$1,234.50"),
        ({"format": "percent"}, 0.5, "50.0%"),
        ({"format": "date"}, "2026-02-03", "3 Feb 2026"),
        ({"format": "date"}, "someday", "someday"),
        ({"format": "bool"}, False, "no"),
        ({"format": "number", "decimals": 2}, "1234.5", "1,234.50"),
        ({"format": "number"}, "not one", "not one"),
        ({"format": "text"}, "00123", "00123"),
        ({}, "00123", "00123"),
        ({}, {"k": [1, 2]}, "k: 1, 2"),
        ({}, 1.23456789, "1.23456789"),
        ({"title": "Year"}, 2026, "2026"),
    ],
)
def test_cells_are_printed_by_their_format(
    column: dict[str, Any], value: object, printed: str, tmp_path: Path
) -> None:
    path, _ = make(tmp_path, "table", {"columns": [{"key": "k", **column}], "rows": [{"k": value}]})
    assert f" {printed} " in text_of(path)


def test_keys_of_rows_that_no_column_names_become_columns(tmp_path: Path) -> None:
    data = {"columns": [{"key": "a"}], "rows": [{"a": 1}, {"a": 2, "later": "seen"}]}
    path, _ = make(tmp_path, "table", data)
    assert "later" in text_of(path)
    assert "seen" in text_of(path)


def test_a_number_wider_than_the_first_rows_promise_stays_whole(tmp_path: Path) -> None:
    rows = [[index, "x"] for index in range(500)] + [[987_654_321, "x"]]
    path, _ = make(tmp_path, "table", {"rows": rows})
    assert "987,654,321" in text_of(path)


def test_wrapped_lines_fit_and_lose_nothing() -> None:
    font = Font("regular", (f"F{number}" for number in itertools.count(1)))
    text = "a bb  ccc-ddd/eee " + "x" * 300 + " end-\n\nof text"
    for width in (20.0, 55.0, 300.0):
        lines = wrap(text, font, 9, width)
        assert all(font.width(line, 9) <= width + 0.01 for line in lines)
        assert "".join("".join(lines).split()) == "".join(text.split())
