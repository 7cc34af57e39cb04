"""Documents and blocks that run from right to left: where they begin, and the order within their lines."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pikepdf
import pytest
from render_helpers import Word, check, make, words_of

from worker.render.theme import A4, MARGIN

LEFT, RIGHT = MARGIN, A4[0] - MARGIN
_ALEF, _BET, _GIMEL = "אלף", "בית", "גמל"


def rendered(folder: Path, *blocks: dict[str, Any], **around: Any) -> list[Word]:
    """The words of a document of these blocks."""
    path, _ = make(folder, "document", {"title": "T", "blocks": list(blocks), **around})
    check(path)
    return words_of(path)


def word(words: list[Word], text: str) -> Word:
    """The first word with that text, which a reader of places gives as it is seen, from left to right."""
    return next(one for one in words if one.text in (text, text[::-1]))


@pytest.mark.parametrize(
    "block",
    [
        {"type": "heading", "text": _ALEF},
        {"type": "paragraph", "text": _ALEF},
        {"type": "quote", "text": _ALEF},
        {"type": "callout", "text": _ALEF},
        {"type": "list", "items": [_ALEF]},
        {"type": "keyValue", "items": {_ALEF: 1}},
        {"type": "metrics", "items": [{"label": _ALEF, "value": 1}]},
        {"type": "signature", "lines": [_ALEF]},
    ],
    ids=lambda block: str(block["type"]),
)
def test_a_block_whose_letters_run_to_the_left_begins_at_the_right(
    block: dict[str, Any], tmp_path: Path
) -> None:
    assert RIGHT - 20 < word(rendered(tmp_path, block), _ALEF).x1 <= RIGHT + 0.5


def test_a_document_that_runs_to_the_left_takes_latin_with_it(tmp_path: Path) -> None:
    words = rendered(
        tmp_path, {"type": "paragraph", "text": "latin"}, {"type": "list", "items": ["item"]}, locale="he"
    )
    assert word(words, "latin").x1 == pytest.approx(RIGHT, abs=0.5)
    assert RIGHT - 20 < word(words, "item").x1 < RIGHT
    assert word(words, "T").x1 == pytest.approx(RIGHT, abs=1)


def test_code_runs_to_the_right_in_every_document(tmp_path: Path) -> None:
    words = rendered(tmp_path, {"type": "code", "text": "x = 1"}, locale="ar")
    assert word(words, "x").x0 < LEFT + 20


@pytest.mark.parametrize(("locale", "first"), [("he", "1."), ("ar-EG", "١.")])
def test_numbers_of_a_list_stand_at_its_right(locale: str, first: str, tmp_path: Path) -> None:
    words = rendered(tmp_path, {"type": "list", "ordered": True, "items": [_ALEF, _BET]}, locale=locale)
    number = word(words, first)
    assert number.x0 > word(words, _ALEF).x1
    assert number.x1 <= RIGHT


def test_columns_key_values_and_tables_begin_at_the_right(tmp_path: Path) -> None:
    words = rendered(
        tmp_path,
        {"type": "columns", "columns": [[{"type": "paragraph", "text": "one"}], [
            {"type": "paragraph", "text": "two"}]]},
        {"type": "keyValue", "items": {"a": "three", "b": "four"}},
        {"type": "table", "columns": [{"key": "five"}, {"key": "six", "total": "sum"}],
         "rows": [{"five": "text", "six": 12}]},
        locale="he",
    )  # fmt: skip
    for first, second in (("one", "two"), ("three", "four"), ("five", "six"), ("text", "12")):
        assert word(words, first).x0 > word(words, second).x1
    assert word(words, "text").x1 == pytest.approx(word(words, "five").x1, abs=1)


def test_groups_and_their_totals_begin_at_the_right(tmp_path: Path) -> None:
    words = rendered(
        tmp_path,
        {
            "type": "table",
            "groupBy": "g",
            "columns": [{"key": "g"}, {"key": "name"}, {"key": "n", "total": "sum"}],
            "rows": [{"g": "outer", "name": "inner", "n": 3}, {"g": "outer", "name": "other", "n": 4}],
        },
        locale="he",
    )
    assert word(words, "outer").x1 > word(words, "inner").x1 > word(words, "7").x1


def test_styles_of_a_line_stand_in_the_order_of_its_paragraph(tmp_path: Path) -> None:
    text = f"{_ALEF} **{_BET}** [site](https://example.com) {_GIMEL}"
    words = rendered(tmp_path, {"type": "paragraph", "text": text})
    order = [_ALEF, _BET, "site", _GIMEL]
    places = [word(words, one).x0 for one in order]
    assert places == sorted(places, reverse=True)


def test_a_right_to_left_phrase_in_two_styles_is_turned_as_a_whole(tmp_path: Path) -> None:
    words = rendered(tmp_path, {"type": "paragraph", "text": f"before {_ALEF} **{_BET}** after"})
    order = ["before", _BET, _ALEF, "after"]
    places = [word(words, one).x0 for one in order]
    assert places == sorted(places)


def test_a_link_can_be_clicked_where_it_stands(tmp_path: Path) -> None:
    text = f"{_ALEF} [site](https://example.com) {_GIMEL}"
    path, _ = make(tmp_path, "document", {"blocks": [{"type": "paragraph", "text": text}]})
    shown = word(words_of(path), "site")
    with pikepdf.open(path) as pdf:
        (link,) = pdf.pages[0].Annots
        left, _, right, _ = map(float, link.Rect)
    assert left == pytest.approx(shown.x0, abs=0.6)
    assert right == pytest.approx(shown.x1, abs=0.6)


def test_brackets_keep_their_place_between_styles(tmp_path: Path) -> None:
    """The bracket that closes is at the left of what it holds, and is drawn as one that opens there."""
    text = f"{_ALEF} **{_BET}** ({_GIMEL} 3)."
    path, _ = make(tmp_path, "document", {"blocks": [{"type": "paragraph", "text": text}]})
    alone, _ = make(
        tmp_path / "..", "document", {"blocks": [{"type": "paragraph", "text": text.replace("*", "")}]}
    )
    styled, plain = words_of(path), words_of(alone)
    assert [one.text for one in styled] == [one.text for one in plain]


def test_the_page_number_is_at_the_left_of_the_foot(tmp_path: Path) -> None:
    words = rendered(tmp_path, {"type": "paragraph", "text": _ALEF}, locale="he")
    page, total = word(words, "עמוד"), word(words, "מתוך")
    assert LEFT < total.x0 < page.x0 < A4[0] / 2


def test_a_document_may_be_turned_to_the_right_margin_that_is_wider(tmp_path: Path) -> None:
    words = rendered(
        tmp_path,
        {"type": "paragraph", "text": "latin"},
        locale="ar",
        page={"margins": {"left": 40, "right": 120}},
    )
    assert word(words, "latin").x1 == pytest.approx(A4[0] - 120, abs=0.5)
