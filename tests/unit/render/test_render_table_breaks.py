"""Where tables are divided: nothing that belongs together is left alone on a page."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from render_helpers import Word, check, make, words_of

TOTAL = {"key": "v", "total": "sum"}


def pages_of(path: Path) -> list[list[str]]:
    words = words_of(path)
    return [
        [word.text for word in words if word.page == page + 1]
        for page in range(max(word.page for word in words))
    ]


def rows(count: int, group: int = 7) -> list[dict[str, Any]]:
    return [{"g": f"G{n // group}", "n": f"row{n}", "v": n} for n in range(count)]


@pytest.mark.parametrize("count", range(34, 41))
def test_totals_never_stand_alone(count: int, tmp_path: Path) -> None:
    path, outcome = make(
        tmp_path, "table", {"columns": [{"key": "n"}, TOTAL, {"key": "g"}], "rows": rows(count)}
    )
    assert outcome.rows_rendered == count
    last = pages_of(path)[-1]
    assert "Total" in last
    assert f"row{count - 1}" in last


def test_totals_stay_with_a_last_row_of_several_lines(tmp_path: Path) -> None:
    for count in range(32, 40):
        data = [*rows(count), {"n": "long " * 60, "v": 1}]
        path, _ = make(tmp_path, "table", {"columns": [{"key": "n", "width": 200}, TOTAL], "rows": data})
        last = pages_of(path)[-1]
        assert "Total" in last
        assert "long" in last


@pytest.mark.parametrize("group", range(3, 25))
def test_subtotals_stand_with_the_last_row_of_their_group(group: int, tmp_path: Path) -> None:
    count = 80
    data = {"groupBy": "g", "columns": [{"key": "g"}, {"key": "n"}, TOTAL], "rows": rows(count, group)}
    path, _ = make(tmp_path, "table", data)
    check(path)
    for words in pages_of(path):
        assert any(word.startswith("row") for word in words), words
        totals = [word for before, word in pairwise(words) if before == "Total"]
        for named in totals[:1]:
            if named.startswith("G"):
                last = min((int(named[1:]) + 1) * group, count) - 1
                assert f"row{last}" in words


def test_the_heading_and_the_title_of_a_table_are_on_its_page(tmp_path: Path) -> None:
    wide = [{f"column {n}": "word" * 4 for n in range(9)}]
    tall = {"key": "v", "title": "many words in a narrow title " * 2, "width": 40}
    for filler in range(20, 46, 1):
        blocks = [
            {"type": "heading", "text": "First"},
            {"type": "list", "items": ["x"] * filler},
            {"type": "heading", "text": "HeadingA"},
            {"type": "table", "title": "TitleA", "columns": [tall], "rows": [[1], [2]]},
            {"type": "heading", "text": "HeadingB"},
            {"type": "table", "title": "TitleB", "rows": wide},
        ]
        path, _ = make(tmp_path, "document", {"title": "x", "blocks": blocks})
        for words in pages_of(path):
            assert ("HeadingA" in words) == ("TitleA" in words) == ("narrow" in words)
            assert ("HeadingB" in words) == ("TitleB" in words) == ("column" in words)


def test_a_wide_table_after_a_page_break_leaves_no_empty_page(tmp_path: Path) -> None:
    wide = [{f"column {n}": "word" * 4 for n in range(9)}]
    blocks = [
        {"type": "paragraph", "text": "first"},
        {"type": "pageBreak"},
        {"type": "table", "rows": wide},
    ]
    path, outcome = make(tmp_path, "document", {"title": "x", "blocks": blocks})
    assert outcome.pages == 2
    assert "column" in pages_of(path)[1]


def columns_noted(words: list[Word], page: int) -> str:
    line = [word for word in words if word.page == page]
    start = next(index for index, word in enumerate(line) if word.text in ("Columns", "Spalten"))
    return " ".join(word.text for word in line[start : start + 4])


def test_a_table_over_sets_of_pages_says_which_columns_stand_where(tmp_path: Path) -> None:
    data = [{f"c{column}": f"value {row} {column}" for column in range(40)} for row in range(3)]
    path, outcome = make(tmp_path, "table", {"rows": data})
    assert outcome.pages > 1
    words = words_of(path)
    notes = [columns_noted(words, page + 1) for page in range(outcome.pages)]
    ends = [tuple(map(int, note.split()[1].split("–"))) for note in notes]
    assert all(note.startswith("Columns ") and note.endswith(" of 40") for note in notes)
    assert ends[0][0] == 1
    assert ends[-1][1] == 40
    assert [start for start, _ in ends[1:]] == [end + 1 for _, end in ends[:-1]]
    for page in range(1, outcome.pages + 1):
        assert "c0" in [word.text for word in words if word.page == page]
    make(tmp_path, "table", {"rows": data, "locale": "de-DE"})
    assert columns_noted(words_of(path), 1).startswith("Spalten ")


def test_what_stands_in_place_of_rows_is_wrapped(tmp_path: Path) -> None:
    path, _ = make(tmp_path, "table", {"columns": [{"key": "a"}], "rows": [], "empty": "nothing here " * 900})
    words = words_of(path)
    assert sum(word.text == "nothing" for word in words) == 900
    assert max(word.x1 for word in words) <= 595.28 - 47


def test_values_without_a_difference_to_the_reader_form_one_group(tmp_path: Path) -> None:
    data = [[1, 1], [None, 2], [0, 3], [False, 4], ["", 5], [1.0, 6]]
    columns = [{"key": "g"}, {"key": "v", "total": "sum"}]
    path, _ = make(tmp_path, "table", {"groupBy": "g", "columns": columns, "rows": data})
    (words,) = pages_of(path)
    text = " ".join(words)
    assert "1 1 6" in text
    assert "– 2 5" in text
    assert "0 3" in text
    assert "no 4" in text


def test_the_name_of_a_group_that_is_cut_is_named_in_a_warning(tmp_path: Path) -> None:
    data = {"groupBy": "g", "columns": [{"key": "g"}, {"key": "v"}], "rows": [["name " * 100, 1]]}
    _, outcome = make(tmp_path, "table", data)
    assert outcome.warnings == ("the name of a group was cut to fit",)


@pytest.mark.parametrize(
    "block",
    [
        {"type": "paragraph", "text": "words " * 900},
        {"type": "paragraph", "text": "**words** " * 900},
        {"type": "callout", "text": "words " * 900},
        {"type": "quote", "text": "words " * 400},
        {"type": "code", "text": "words " * 900},
        {"type": "list", "items": ["words " * 900]},
        {"type": "keyValue", "items": {"label": "words " * 500}},
        {"type": "metrics", "items": [{"label": "words " * 20, "value": 1}] * 24},
        {"type": "barcode", "value": "x", "size": 400, "caption": "words " * 90},
        {"type": "columns", "columns": [[{"type": "paragraph", "text": "words " * 300}]] * 2},
        {"type": "signature", "lines": ["words"] * 6},
    ],
    ids=lambda block: block["type"],
)
def test_what_follows_a_table_on_a_turned_page_keeps_to_the_next_page(
    block: dict[str, Any], tmp_path: Path
) -> None:
    wide = [{f"column {n}": "word" * 4 for n in range(9)} for _ in range(20)]
    blocks = [
        {"type": "paragraph", "text": "x"},
        {"type": "pageBreak"},
        {"type": "table", "rows": wide},
        block,
    ]
    path, outcome = make(tmp_path, "document", {"title": "x", "blocks": blocks})
    words = words_of(path)
    assert outcome.pages >= 3
    assert all(word.x1 <= 595.28 - 47 for word in words if word.page > 2), "wider than the upright page"


def test_a_short_note_stays_below_the_table_on_its_turned_page(tmp_path: Path) -> None:
    wide = [{f"column {n}": "word" * 4 for n in range(9)} for _ in range(3)]
    path, outcome = make(tmp_path, "table", {"rows": wide, "notes": "A note."})
    assert outcome.pages == 1
    assert "note." in pages_of(path)[0]


def test_columns_of_a_fixed_width_leave_room_for_the_repeated_one(tmp_path: Path) -> None:
    columns = [{"key": f"c{n}", "width": 600} for n in range(4)]
    path, outcome = make(tmp_path, "table", {"columns": columns, "rows": [["first " * 9, *["end"] * 3]]})
    assert outcome.pages == 3
    words = words_of(path)
    assert all(word.x1 <= 841.89 - 47 for word in words)
    assert [words_[words_.index("Columns") + 1] for words_ in pages_of(path)] == ["1–2", "3", "4"]


def test_short_cells_are_rather_turned_than_broken(tmp_path: Path) -> None:
    rows = [{f"Title {c}": f"some value {r * c}" for c in range(10)} for r in range(5)]
    path, outcome = make(tmp_path, "table", {"rows": rows})
    words = words_of(path)
    assert outcome.pages == 1
    assert max(word.x1 for word in words) > 700
    assert len({round(word.y0) for word in words if word.text == "some"}) == 5
    assert {round(w.y0) for w in words if w.text == "value"} == {
        round(w.y0) for w in words if w.text == "some"
    }


def test_long_cells_are_rather_broken_than_turned(tmp_path: Path) -> None:
    rows = [{"No.": r, "Text": "many words " * 12, "Amount": r * 1.5, "Day": "2026-01-01"} for r in range(5)]
    path, _ = make(tmp_path, "table", {"rows": rows})
    assert max(word.x1 for word in words_of(path)) < 595
