"""A job in a worker's hands, and why it may be taken out of them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from shared.job import JobState
from shared.queue.leases import ClaimedJob
from worker.children.turns import Turn

#: why a running job is stopped
CANCELLED = "cancelled"
LEASE_LOST = "lease lost"
HANDED_BACK = "handed back"


@dataclass
class RunningJob:
    """A job in this worker's hands."""

    job: ClaimedJob
    on_rendered: Callable[[float], None]
    #: it needs no child any more
    rendered: bool = False
    #: its file has left the scratch folder
    published: bool = False
    #: while its datasets are fetched
    fetch: asyncio.Timeout | None = None
    #: while it waits for a child
    hold: asyncio.Timeout | None = None
    #: while a child renders it. Once it is answered, the child works for another job
    turn: Turn | None = None
    #: the file that it writes, once it has begun
    target: str = ""
    #: why it was stopped from outside: CANCELLED, LEASE_LOST, HANDED_BACK; empty: it was not
    stopped: str = ""
    #: when it was claimed, on this process's monotonic clock
    since: float = field(default_factory=time.monotonic)
    #: set when the job is no longer in our hands
    gone: asyncio.Event = field(default_factory=asyncio.Event)


def reason_of(state: str | None) -> str:
    """Why a job is no longer ours, told by the state that it is in now."""
    return CANCELLED if state == JobState.CANCELLED else LEASE_LOST
