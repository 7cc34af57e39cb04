"""A duty at its interval, through the times when Redis is away."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from shared.errors import QueueUnavailable
from shared.logs import get_logger
from shared.outage import Outage, retry_wait

log = get_logger("scheduler")

#: the least wait after a duty that raised what it should not, in seconds
AFTER_BUG_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Duty:
    """What to do, and how often."""

    name: str
    #: may return how long to wait at most until the next time, in seconds
    run_once: Callable[[], Awaitable[float | None]]
    interval_seconds: float
    #: called whenever Redis was away
    after_outage: Callable[[], None] = lambda: None
    #: shared by the duties of a process, so that they speak of it once
    outage: Outage = field(default_factory=lambda: Outage(log))

    async def repeat(self) -> None:
        """Runs the duty at its interval until cancelled, whatever it meets with."""
        while True:
            began = time.monotonic()
            try:
                sooner = await self.run_once()
                self.outage.worked(self.name)
                wait = self.interval_seconds - (time.monotonic() - began)
                wait = wait if sooner is None else min(wait, sooner)
            except QueueUnavailable as error:
                self.outage.failed(self.name, error)
                wait = retry_wait()
                self.after_outage()
            except Exception:
                # the other duties have nothing to do with it; where it is the sweep, `check` tells
                log.exception("duty failed", duty=self.name)
                wait = max(self.interval_seconds, AFTER_BUG_SECONDS)
            await asyncio.sleep(max(0.0, wait))
