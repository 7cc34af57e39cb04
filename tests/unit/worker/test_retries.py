"""What is tried again, and when."""

from __future__ import annotations

import pytest

from worker.retries import backoff_ms, is_retryable


@pytest.mark.parametrize("error", ["RenderTimeout", "RenderChildDied", "StorageFailed"])
def test_what_may_pass_is_retried(error: str) -> None:
    assert is_retryable(error)


@pytest.mark.parametrize(
    "error",
    ["ValidationFailed", "PageLimitExceeded", "RowsMismatch", "RenderOutOfMemory", "ZeroDivisionError"],
)
def test_what_comes_out_the_same_every_time_is_not_retried(error: str) -> None:
    assert not is_retryable(error)


def test_the_wait_doubles_up_to_the_longest() -> None:
    waits = [backoff_ms(attempt, 2.0, 30.0, chance=0.999999) for attempt in range(1, 7)]
    assert waits == pytest.approx([2000, 4000, 8000, 16000, 30000, 30000], abs=1)


def test_half_of_the_wait_is_certain() -> None:
    assert backoff_ms(3, 2.0, 300.0, chance=0.0) == 4000
    assert all(4000 <= backoff_ms(3, 2.0, 300.0) <= 8000 for _ in range(100))


def test_a_very_late_attempt_does_not_overflow() -> None:
    assert backoff_ms(100_000, 2.0, 300.0, chance=0.0) == 150_000
