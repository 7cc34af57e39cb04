from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.paging import decode_cursor, encode_cursor
from shared.errors import ValidationFailed
from shared.job import JobState

STATES = st.one_of(st.none(), st.sampled_from(JobState))


@given(STATES, st.integers(0, 10**12))
def test_a_cursor_gives_back_its_offset(state: JobState | None, offset: int) -> None:
    assert decode_cursor(encode_cursor(state, offset), state) == offset


def test_no_cursor_is_the_first_page() -> None:
    assert decode_cursor(None, JobState.FAILED) == 0


def test_a_cursor_of_another_filter_is_refused() -> None:
    with pytest.raises(ValidationFailed, match="another state filter"):
        decode_cursor(encode_cursor(JobState.FAILED, 20), JobState.ACTIVE)


@given(st.text(max_size=300))
def test_any_text_is_refused_and_never_a_crash(text: str) -> None:
    with pytest.raises(ValidationFailed, match="cursor"):
        decode_cursor(text, None)


@pytest.mark.parametrize(
    "content", [b"[null,-1]", b"[null,1e3]", b"[null,true]", b"{}", b"[null]", b"[null,9999999999999]"]
)
def test_a_forged_cursor_is_refused(content: bytes) -> None:
    with pytest.raises(ValidationFailed):
        decode_cursor(base64.urlsafe_b64encode(content).decode(), None)
