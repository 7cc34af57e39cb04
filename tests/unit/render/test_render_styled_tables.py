"""Tables with groups, rules, sparklines and given widths."""

from __future__ import annotations

import hashlib
import itertools
import json
import re
import tracemalloc
from io import BytesIO
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from render_helpers import check, document, make, operators_of, paragraph, text_of, words_of

from shared.datasets.model import Dataset, DatasetColumn, Dialect
from shared.datasets.rows import DatasetRows
from shared.errors import ValidationFailed
from shared.reports.blocks import Column, Rule, Table
from worker.render import theme
from worker.render.engine import RenderRequest, render
from worker.render.fonts import Font
from worker.render.furniture import Furniture
from worker.render.page import Pages
from worker.render.rules import check_of, chooser
from worker.render.styled import StyledTableWriter, table_writer
from worker.render.table import TableWriter

AMOUNT = {"key": "n", "format": "number", "total": "sum"}


def grouped(rows: list[dict[str, Any]], *keys: str, **fields: Any) -> dict[str, Any]:
    """A table of rows by these keys."""
    return {"columns": [{"key": "name"}, AMOUNT], "rows": rows, "groupBy": list(keys), **fields}


def content_of(path: Path) -> bytes:
    """The operators of all pages."""
    with pikepdf.open(path) as pdf:
        return b"\n".join(operators_of(page) for page in pdf.pages)


@pytest.mark.parametrize(
    ("rule", "meets", "fails"),
    [
        (Rule("<", 5), [4, "4", -1e9, 4.99], [5, "5", 6, None, "", "x"]),
        (Rule("<=", 5), [5, "5.0"], [5.01, None]),
        (Rule(">", "2026-01-31"), ["2026-02-01"], ["2026-01-31", "2025-12-31", 5, None]),
        (Rule("=", "open"), ["open"], ["Open", "opened", None, 1]),
        (Rule("=", True), [True], [1, "true", False]),
        (Rule("=", 1), [1, 1.0, "1"], [True, 2]),
        (Rule("!=", "open"), ["closed", 1], ["open", None, ""]),
        (Rule("between", 1, 3), [1, 2, "3"], [0, 4, "x"]),
        (Rule("contains", "late"), ["Very LATE", "late"], ["on time", None]),
        (Rule("empty"), [None, ""], [0, False, " "]),
    ],
)
def test_a_rule_is_met_by_what_it_says(rule: Rule, meets: list[Any], fails: list[Any]) -> None:
    test = check_of(rule)
    assert all(test(value) for value in meets)
    assert not any(test(value) for value in fails)


def test_the_first_rule_that_applies_counts() -> None:
    choose = chooser([Rule("<", 0, tone="bad"), Rule("<", 10, tone="good")])
    found = [choose(value) for value in (-1, 5, 50)]
    assert [rule.tone if rule else None for rule in found] == ["bad", "good", None]


def test_a_plain_table_keeps_the_short_way() -> None:
    pages = Pages(BytesIO(), Furniture("t", "", "j", 0), 10)
    plain = Table((Column("a", total="sum"),), [[1]], 1)
    ruled = Table((Column("a", rules=(Rule("<", 1),)),), [[1]], 1)
    assert type(table_writer(pages, plain, lambda rows, table: None)) is TableWriter
    assert type(table_writer(pages, ruled, lambda rows, table: None)) is StyledTableWriter


def test_groups_have_heads_and_totals_of_their_own(tmp_path: Path) -> None:
    rows = [{"g": f"G{n % 3}", "name": f"row{n}", "n": n} for n in range(9)]
    path, outcome = make(tmp_path, "table", grouped(rows, "g"))
    assert outcome.rows_rendered == 9
    text = text_of(path)
    assert re.search(r"G0 row0 0 row3 3 row6 6 Total G0 9 G1 row1 1 .* Total G1 12 G2 .* Total G2 15", text)
    assert text.rstrip().split(" Total ")[-1].startswith("36")


def test_nested_groups_end_from_the_inside(tmp_path: Path) -> None:
    rows = [
        {"a": a, "b": b, "name": "x", "n": 1} for a in ("A1", "A2") for b in ("B1", "B2") for _ in range(2)
    ]
    path, _ = make(tmp_path, "table", grouped(rows, "a", "b"))
    text = text_of(path)
    wanted = "A1 B1 x 1 x 1 Total B1 2 B2 x 1 x 1 Total B2 2 Total A1 4 A2 B1"
    assert wanted in text


def test_a_group_that_goes_on_is_named_again_on_each_page(tmp_path: Path) -> None:
    rows = [{"g": "Long", "name": f"row{n}", "n": n} for n in range(150)]
    path, outcome = make(tmp_path, "table", grouped(rows, "g"))
    text = text_of(path)
    assert outcome.pages > 3
    assert text.count("Long (continued)") == outcome.pages - 1
    assert re.findall(r"row\d+", text) == [row["name"] for row in rows]


def test_a_group_head_is_never_the_last_on_its_page(tmp_path: Path) -> None:
    for size in range(30, 46):
        rows = [{"g": "First", "name": "a", "n": 1}] * size + [{"g": "Second", "name": "zz", "n": 1}]
        path, _ = make(tmp_path, "table", grouped(rows, "g"))
        words = words_of(path)
        head = next(word for word in words if word.text == "Second")
        row = next(word for word in words if word.text == "zz")
        assert head.page == row.page


def test_rows_of_a_group_are_counted_in_its_total_only(tmp_path: Path) -> None:
    columns = [
        {"key": "g"},
        {"key": "name"},
        {"key": "low", "total": "min"},
        {"key": "mean", "total": "avg", "format": "number", "decimals": 1},
        {"key": "count", "total": "count"},
    ]
    rows = [
        {"g": g, "name": "x", "low": low, "mean": low * 2, "count": "c"}
        for g, low in (("p", 5), ("p", 3), ("q", 9))
    ]
    path, _ = make(tmp_path, "table", {"columns": columns, "rows": rows, "groupBy": "g"})
    text = text_of(path)
    assert "Total p min 3 Ø 8.0 2" in text
    assert "Total q min 9 Ø 18.0 1" in text
    assert "Total min 3 Ø 11.3 3" in text


def test_grouping_by_every_column_still_prints_rows(tmp_path: Path) -> None:
    path, outcome = make(tmp_path, "table", {"rows": [{"a": "x"}, {"a": "y"}], "groupBy": "a"})
    assert outcome.rows_rendered == 2
    assert text_of(path).count("x") >= 2


def test_cells_take_the_look_of_their_rule(tmp_path: Path) -> None:
    column = {
        "key": "n",
        "format": "number",
        "rules": [
            {"when": "<", "value": 0, "tone": "bad", "bold": True, "fill": True},
            {"when": ">", "value": 100, "tone": "good"},
        ],
    }
    path, _ = make(tmp_path, "table", {"columns": [column], "rows": [[-5], [50], [500]]})
    content = content_of(path)
    assert content.count(f"{theme.BAD} rg".encode()) == 1
    assert content.count(f"{theme.GOOD} rg".encode()) == 1
    assert theme.DEFAULT.tint("bad").encode() + b" rg" in content
    assert "-5 50 500" in text_of(path)


def test_a_wrapped_cell_keeps_the_look_of_its_rule(tmp_path: Path) -> None:
    columns = [{"key": "t", "rules": [{"when": "contains", "value": "late", "tone": "bad", "fill": True}]}]
    words = [f"late{n}" for n in range(2000)]
    path, outcome = make(tmp_path, "table", {"columns": columns, "rows": [[" ".join(words)], ["fine"]]})
    assert outcome.pages > 1
    assert re.findall(r"late\d+", text_of(path)) == words
    assert outcome.rows_rendered == 2


def test_sparklines_are_drawn_and_other_values_printed(tmp_path: Path) -> None:
    columns = [{"key": "s", "title": "Course", "format": "sparkline"}, {"key": "t"}]
    rows = [[[1, 5, 3], "a"], [[2, None, 9], "b"], ["none", "c"], [[], "d"], [None, "e"], [["x"], "f"]]
    path, outcome = make(tmp_path, "table", {"columns": columns, "rows": rows})
    assert outcome.rows_rendered == 6
    content = content_of(path)
    assert content.count(b" RG 2.8 w") == 2
    text = text_of(path)
    assert "none c" in text
    assert "x f" in text


def test_sparklines_are_drawn_in_rows_of_several_lines_too(tmp_path: Path) -> None:
    columns = [{"key": "s", "format": "sparkline"}, {"key": "t"}]
    path, _ = make(tmp_path, "table", {"columns": columns, "rows": [[[1, 2], "word " * 200]]})
    assert content_of(path).count(b" RG 2.8 w") == 1


def test_a_given_width_is_kept(tmp_path: Path) -> None:
    columns = [{"key": "a", "width": 50}, {"key": "b", "width": "auto"}, {"key": "c", "width": 120}]
    path, _ = make(tmp_path, "table", {"columns": columns, "rows": [["x", "yyy", "zzzz"]]})
    places = {word.text: word.x0 for word in words_of(path)}
    assert places["x"] == pytest.approx(48 + 4.5, abs=0.1)
    assert places["yyy"] == pytest.approx(48 + 50 + 4.5, abs=0.1)
    assert places["zzzz"] == pytest.approx(547.28 - 120 + 4.5, abs=0.1)


@pytest.mark.parametrize("width", [1000, 12])
def test_absurd_widths_keep_to_the_page(width: float, tmp_path: Path) -> None:
    columns = [{"key": key, "width": width} for key in "abc"]
    path, outcome = make(tmp_path, "table", {"columns": columns, "rows": [["word " * 5, "x", 12345]] * 3})
    assert check(path) == outcome.pages
    with pikepdf.open(path) as pdf:
        widest = max(float(page.mediabox[2]) for page in pdf.pages)
    assert all(word.x1 <= widest - 40 for word in words_of(path))
    assert text_of(path).replace(" ", "").count("word") >= 3 or width == 12


def test_stripes_can_be_left_out(tmp_path: Path) -> None:
    rows = [[n] for n in range(6)]
    make(tmp_path, "table", {"rows": rows})
    assert theme.ZEBRA.encode() in content_of(tmp_path / "report.pdf")
    make(tmp_path, "table", {"rows": rows, "zebra": False})
    assert theme.ZEBRA.encode() not in content_of(tmp_path / "report.pdf")


def test_an_empty_table_says_so_in_its_own_words(tmp_path: Path) -> None:
    path, _ = make(tmp_path, "table", {"columns": [{"key": "a"}], "rows": [], "empty": "Nothing here."})
    assert "a Nothing here." in text_of(path)
    path, _ = make(tmp_path, "table", {"columns": [{"key": "a"}], "rows": [], "locale": "de"})
    assert "Keine Zeilen." in text_of(path)


def test_numbers_of_a_column_end_at_the_same_place(tmp_path: Path) -> None:
    rows = [[1.5], [1234.25], [-99999.125], [0]]
    path, _ = make(
        tmp_path, "table", {"columns": [{"key": "n", "format": "number", "decimals": 2}], "rows": rows}
    )
    ends = {round(word.x1, 1) for word in words_of(path) if re.fullmatch(r"-?[\d,]+\.\d\d", word.text)}
    assert len(ends) == 1


def test_a_title_over_indented_rows_stays_below_what_is_above(tmp_path: Path) -> None:
    """Some of these titles fit into the column, but not once its rows are indented."""
    tops = set()
    for words in range(5, 16):
        table = grouped([{"g": "A", "name": "x", "n": 1}], "g")
        table["columns"] = [{"key": "name", "title": "iii " * words, "width": 100}, AMOUNT]
        path, _ = make(tmp_path, "document", document(paragraph("before"), {"type": "table", **table}))
        found = words_of(path)
        above = next(word.y1 for word in found if word.text == "before")
        tops.add(round(min(word.y0 for word in found if word.text == "iii") - above, 1))
    assert len(tops) == 1


def test_figures_are_equally_wide() -> None:
    font = Font("regular", (f"F{number}" for number in itertools.count(1)))
    assert len({font.widths[digit] for digit in "0123456789"}) == 1


def test_memory_does_not_grow_with_grouped_rows(tmp_path: Path) -> None:
    def peak(count: int) -> int:
        columns = (Column("g"), Column("n", "number", total="sum", rules=(Rule("<", 3, tone="bad"),)))
        rows = ([f"g{n // 50}", n % 7] for n in range(count))
        pages = Pages(BytesIO(), Furniture("t", "", "j", 0), 10_000)
        writer = table_writer(pages, Table(columns, rows, None, group_by=(0,)), lambda drawn, table: None)
        tracemalloc.start()
        writer.draw()
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert writer.rendered == count
        return found

    peak(1000)
    small, large = peak(2000), peak(10_000)
    # what stays is the file itself, in memory here, and the offsets of its objects
    assert large - small < 600_000


@pytest.fixture
def dataset(tmp_path: Path) -> DatasetRows:
    """Nine rows of three groups, stored as a dataset."""
    lines = [json.dumps({"g": f"G{n // 3}", "name": f"row{n}", "n": n}) for n in range(9)]
    content = "\n".join(lines).encode()
    (tmp_path / "rows").write_bytes(content)
    columns = (DatasetColumn("g", "text"), DatasetColumn("name", "text"), DatasetColumn("n", "number"))
    sha256 = hashlib.sha256(content).hexdigest()
    record = Dataset("a" * 32, "x", Dialect("ndjson", "utf-8"), 9, columns, len(content), sha256, 0)
    return DatasetRows(tmp_path / "rows", record)


@pytest.mark.parametrize("report_type", ["table", "document"])
def test_a_dataset_can_be_grouped_as_it_comes(report_type: str, dataset: DatasetRows, tmp_path: Path) -> None:
    table = {"dataset": "a" * 32, "columns": [{"key": "name"}, AMOUNT], "groupBy": "g"}
    data = table if report_type == "table" else {"blocks": [{"type": "table", **table}], "toc": True}
    request = RenderRequest("job", report_type, None, data, 0, 10, datasets={"a" * 32: dataset})
    outcome = render(request, tmp_path / "out.pdf", lambda percent, stage: None)
    assert (outcome.rows_received, outcome.rows_rendered) == (9, 9)
    assert "G1 row3 3 row4 4 row5 5 Total G1 12" in text_of(tmp_path / "out.pdf")


def test_a_group_that_a_dataset_does_not_have_is_named(dataset: DatasetRows, tmp_path: Path) -> None:
    block = {"type": "table", "dataset": "a" * 32, "groupBy": ["g", "zone"]}
    data = {"blocks": [{"type": "spacer"}, block]}
    request = RenderRequest("job", "document", None, data, 0, 10, datasets={"a" * 32: dataset})
    with pytest.raises(ValidationFailed) as caught:
        render(request, tmp_path / "out.pdf", lambda percent, stage: None)
    assert [error.path for error in caught.value.errors] == ["data.blocks.1.groupBy.1"]
