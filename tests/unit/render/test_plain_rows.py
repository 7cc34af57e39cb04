"""The fast way of table rows and the general way make the same page."""

from __future__ import annotations

import datetime as dt
import random
from pathlib import Path
from typing import Any

import pytest
from render_helpers import Word, check, make, text_of, words_of

from worker.render.plainrows import _MOST_MOVES, PlainRows, _moves

COLUMNS = [
    {"key": "id"},
    {"key": "when", "format": "date"},
    {"key": "name", "align": "center"},
    {"key": "amount", "format": "currency", "currency": "EUR", "total": "sum"},
    {"key": "share", "format": "percent"},
    {"key": "note"},
]


def row(chance: random.Random) -> dict[str, Any]:
    """Mostly ordinary, now and then not."""
    day = dt.date(2026, 1, 1) + dt.timedelta(days=chance.randrange(300))
    odd = chance.choice(
        ["€ 5", "(x)", "a\\b", "שלום", "漢字", "tab\tbed", "Ünlü", "a\u202eb", "line\nline", "😀"]
    )
    return {
        "id": chance.choice([chance.randrange(10**6), None, "x-12"]),
        "when": chance.choice([day.isoformat(), "soon", None]),
        "name": chance.choice(["Hofmann", "Søren 7", odd, "long name " * chance.randrange(1, 9)]),
        "amount": chance.choice([chance.random() * 10_000, -3, "12", None, "n/a"]),
        "share": chance.choice([chance.random(), None]),
        "note": chance.choice(["", "ok", None, odd]),
    }


@pytest.mark.parametrize("odd_rows", [0, 5, 100])
def test_both_ways_make_the_same_page(odd_rows: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chance = random.Random(odd_rows)
    plain = {"id": 7, "when": "2026-05-01", "name": "Hofmann", "amount": 12.5, "share": 0.25, "note": "fine"}
    rows = [
        row(chance) if chance.randrange(100) < odd_rows else {**plain, "id": n, "amount": n * 1.25}
        for n in range(300)
    ]
    data = {"columns": COLUMNS, "rows": rows}
    path, fast = make(tmp_path, "table", data)
    check(path)
    ours = words_of(path)
    monkeypatch.setattr(
        PlainRows, "paint", lambda self, rows, baseline, first: ([[] for _ in self._columns], 0)
    )
    path, slow = make(tmp_path, "table", data)
    theirs = words_of(path)
    assert (fast.pages, fast.rows_rendered, fast.warnings) == (slow.pages, slow.rows_rendered, slow.warnings)
    assert sorted(word.text for word in ours) == sorted(word.text for word in theirs)
    for one, other in zip(sorted(ours, key=_order), sorted(theirs, key=_order), strict=True):
        assert one.page == other.page
        assert one.x0 == pytest.approx(other.x0, abs=0.3)
        assert one.y0 == pytest.approx(other.y0, abs=0.3)


@pytest.mark.parametrize("char", ["€", "(", "é", "Ω", "漢", "א", "e\u0301", "\u200b"])
@pytest.mark.parametrize("first", [0, 150])
def test_one_odd_character_of_a_column_is_shown_where_it_stands(
    char: str, first: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`first`: the row that has it first, on the first page or a later one. There are gaps and wide cells."""
    rows = [
        {
            "note": f"{char if n >= first and n % 7 == 0 else ''}Zoe {n}" if n % 11 else None,
            "more": f"long {char} words {n} " * 9 if n % 60 == 59 else f"{char} {n}",
            "amount": n * 1.25,
        }
        for n in range(200)
    ]
    keys = [{"key": "note"}, {"key": "more"}, {"key": "amount", "format": "currency", "currency": "EUR"}]
    path, fast = make(tmp_path, "table", {"columns": keys, "rows": rows})
    check(path)
    ours = text_of(path)
    monkeypatch.setattr(
        PlainRows, "paint", lambda self, rows, baseline, first: ([[] for _ in self._columns], 0)
    )
    path, slow = make(tmp_path, "table", {"columns": keys, "rows": rows})
    assert (fast.pages, fast.rows_rendered, fast.warnings) == (slow.pages, slow.rows_rendered, slow.warnings)
    assert sorted(ours.split()) == sorted(text_of(path).split())


def _order(word: Word) -> tuple[Any, ...]:
    return word.page, word.text, round(word.y0 / 5), word.x0


def test_moves_that_are_kept_are_few_whatever_is_drawn() -> None:
    moves = _moves("-7.77")
    for distance in range(3 * _MOST_MOVES):
        assert moves[distance] == f"{distance / 100:g} -7.77 Td("
    assert len(moves) <= _MOST_MOVES
    assert _moves.cache_info().maxsize is not None
