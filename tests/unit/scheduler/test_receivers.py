"""A receiver that does not answer holds back no other."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.receivers import (
    ALL_SLOW_AT_ONCE,
    AT_ONCE,
    LONGEST_WAIT_SECONDS,
    SHORTEST_WAIT_SECONDS,
    SLOW_AT_ONCE,
    Receivers,
)


def begun(receivers: Receivers, host: str, tries: int = 2 * AT_ONCE) -> int:
    return sum(receivers.begin(host) for _ in range(tries))


def test_one_that_has_not_answered_yet_gets_a_few() -> None:
    assert begun(Receivers(), "a") == SLOW_AT_ONCE


def test_one_that_answers_gets_all_there_is() -> None:
    receivers = Receivers()
    receivers.begin("a")
    receivers.end("a", 0.05)
    assert begun(receivers, "a") == AT_ONCE


def test_one_that_becomes_slow_gets_no_more_until_it_answers_again() -> None:
    receivers = Receivers()
    for took in (0.05, 10.0):
        receivers.begin("a")
        receivers.end("a", took)
    assert begun(receivers, "a") == SLOW_AT_ONCE
    for _ in range(SLOW_AT_ONCE):
        receivers.end("a", 0.05)
    assert begun(receivers, "a") == AT_ONCE


def test_all_slow_ones_together_leave_room_for_the_others() -> None:
    receivers = Receivers()
    receivers.begin("quick")
    receivers.end("quick", 0.05)
    assert sum(begun(receivers, f"slow-{n}") for n in range(AT_ONCE)) == ALL_SLOW_AT_ONCE
    assert begun(receivers, "quick") == AT_ONCE - ALL_SLOW_AT_ONCE


def test_the_wait_is_as_long_as_the_receiver_needs_for_those_before() -> None:
    receivers = Receivers()
    assert receivers.wait_seconds("a", 1000) == SHORTEST_WAIT_SECONDS
    receivers.begin("a")
    receivers.end("a", 10.0)
    waits = [receivers.wait_seconds("a", behind) for behind in (0, SLOW_AT_ONCE, 1000)]
    assert waits == [10.0, 20.0, LONGEST_WAIT_SECONDS]
    receivers.begin("b")
    receivers.end("b", 0.1)
    assert receivers.wait_seconds("b", 10 * AT_ONCE) == pytest.approx(1.1)


@given(
    st.lists(st.tuples(st.sampled_from("abcdefgh"), st.booleans(), st.sampled_from([0.01, 0.9, 1.1, 10.0])))
)
def test_what_is_counted_is_what_is_under_way(moves: list[tuple[str, bool, float]]) -> None:
    receivers, there = Receivers(), dict.fromkeys("abcdefgh", 0)
    for host, begins, took in moves * 3:
        if begins:
            there[host] += receivers.begin(host)
        elif there[host]:
            receivers.end(host, took)
            there[host] -= 1
        assert receivers._under_way == sum(there.values()) <= AT_ONCE
        slow = sum(one.under_way for one in receivers._known.values() if one.is_slow)
        assert receivers._under_way_to_slow == slow


def test_only_so_many_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scheduler.receivers._MOST_REMEMBERED", 3)
    receivers = Receivers()
    receivers.begin("busy")
    for number in range(10):
        receivers.begin(str(number))
        receivers.end(str(number), 0.05)
    assert list(receivers._known) == ["busy", "7", "8", "9"]
