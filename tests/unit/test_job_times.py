"""Times as clients read them."""

from __future__ import annotations

import pytest

from shared.job import rfc3339


@pytest.mark.parametrize(
    ("epoch_ms", "text"),
    [
        (None, None),
        (0, "1970-01-01T00:00:00.000Z"),
        (1795561333518, "2026-11-24T23:02:13.518Z"),
        (253_402_300_799_000, "9999-12-31T23:59:59.000Z"),
        (254_000_000_000_000, "9999-12-31T23:59:59.000Z"),
    ],
)
def test_every_time_can_be_shown_the_latest_as_the_end_of_the_year_9999(
    epoch_ms: int | None, text: str | None
) -> None:
    assert rfc3339(epoch_ms) == text
