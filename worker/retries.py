"""Which errors are worth another attempt, and how long to wait for it. Pure decisions."""

from __future__ import annotations

import random

from shared import errors

#: Errors that may pass: time-outs, children and storage that failed. Everything else is the data's or the
#: engine's, comes out the same every time, and is not retried.
RETRYABLE = frozenset(
    name
    for name, kind in vars(errors).items()
    if isinstance(kind, type)
    and issubclass(kind, errors.PressroomError)
    and getattr(kind, "retryable", False)
)


def is_retryable(error_type: str) -> bool:
    """Whether an error of this type may not come again."""
    return error_type in RETRYABLE


def backoff_ms(attempt: int, base_seconds: float, max_seconds: float, chance: float | None = None) -> int:
    """The wait after a failed attempt, in milliseconds: exponential, then "equal jitter".

    Half of min(max, base · 2^(attempt − 1)) is certain, the other half is up to chance, so that jobs which
    failed together do not come back together (M. Brooker, "Exponential Backoff and Jitter", 2015).

    Args:
        attempt: the one that failed, from 1.
        base_seconds: the longest wait after the first attempt.
        max_seconds: the longest wait at all.
        chance: a number in [0, 1); None draws one.
    """
    longest = min(max_seconds, base_seconds * 2.0 ** min(attempt - 1, 60))
    drawn = random.random() if chance is None else chance  # noqa: S311 - no secret depends on it
    return round(1000 * longest * (0.5 + 0.5 * drawn))
