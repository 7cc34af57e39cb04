from __future__ import annotations

import base64

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.paging import decode_cursor, encode_cursor
from shared.errors import ValidationFailed
from shared.queue.reads import Position

IDS = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._:~-]{0,127}", fullmatch=True)


@given(st.integers(0, 10**15), st.integers(0, 999), IDS)
def test_a_cursor_gives_back_its_position(score: int, micros: int, job_id: str) -> None:
    position = Position(f"{score}.{micros}", job_id)
    assert decode_cursor(encode_cursor("list", position), "list") == position


def test_no_cursor_is_the_first_page() -> None:
    assert decode_cursor(None, "list") is None


def test_a_cursor_of_another_list_is_refused() -> None:
    with pytest.raises(ValidationFailed, match="another filter"):
        decode_cursor(encode_cursor("list", Position("1", "a")), "other")


@given(st.text(max_size=700))
def test_any_text_is_refused_and_never_a_crash(text: str) -> None:
    with pytest.raises(ValidationFailed, match="cursor"):
        decode_cursor(text, "list")


@pytest.mark.parametrize(
    "content",
    [{}, ["list"], ["list", 1, "a"], ["list", "nan", "a"], ["list", "1", None], ["list", "(1", "a"]],
)
def test_a_forged_cursor_is_refused(content: object) -> None:
    with pytest.raises(ValidationFailed):
        decode_cursor(base64.urlsafe_b64encode(orjson.dumps(content)).decode(), "list")


@pytest.mark.parametrize("position", [Position("1.5", "3"), Position("1", "x"), Position("-1", "3")])
def test_a_search_goes_on_only_at_a_line(position: Position) -> None:
    with pytest.raises(ValidationFailed):
        decode_cursor(encode_cursor("list", position), "list", is_search=True)
