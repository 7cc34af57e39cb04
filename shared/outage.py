"""Times when Redis is away: one line when they begin, one when they end, and when to try again."""

from __future__ import annotations

import random
import time
from collections.abc import Callable

from structlog.typing import FilteringBoundLogger

from shared.errors import QueueUnavailable

#: between two tries of what is done over and over anyway, in seconds; up to double by chance
RETRY_SECONDS = 0.5


def retry_wait() -> float:
    """Seconds until a claim, a heartbeat, a duty or the like is tried again."""
    return RETRY_SECONDS * (1 + random.random())  # noqa: S311 - jitter


class Outage:
    """Shared by the parts of a process that talk to Redis, each of which notices an outage by itself.

    It begins with the first part whose call fails, and is over when every part that failed has had an answer.
    """

    def __init__(self, log: FilteringBoundLogger, clock: Callable[[], float] = time.monotonic) -> None:
        self._log, self._clock = log, clock
        self._failing: set[str] = set()
        self._since = 0.0

    def failed(self, part: str, error: QueueUnavailable) -> None:
        """A part's call came to nothing."""
        if not self._failing:
            self._since = self._clock()
            self._log.warning("redis is away", noticed_by=part, reason=str(error))
        self._failing.add(part)

    def worked(self, part: str) -> None:
        """A part's call had an answer."""
        if part not in self._failing:
            return
        self._failing.remove(part)
        if not self._failing:
            self._log.info("redis is back", away_seconds=round(self._clock() - self._since, 1))
