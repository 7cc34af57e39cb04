"""Passes a render's progress on to the queue: the latest word, at a bounded rate."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

from shared.errors import LeaseLost, QueueUnavailable
from shared.queue.leases import ClaimedJob, Leases
from worker.children.protocol import Progress

#: the least time between two updates of one job, in seconds
INTERVAL_SECONDS = 0.1


class ProgressReporter:
    """Used as an async context manager around a render; `update` never waits.

    `on_lease_lost` is called with the job's state when the queue says that the job is no longer ours.
    """

    def __init__(self, leases: Leases, job: ClaimedJob, on_lease_lost: Callable[[str], None]) -> None:
        self._leases, self._job, self._on_lease_lost = leases, job, on_lease_lost
        self._latest: Progress | None = None
        self._news = asyncio.Event()
        self._sender: asyncio.Task[None] | None = None

    def update(self, progress: Progress) -> None:
        """Notes the latest progress."""
        self._latest = progress
        self._news.set()
        if self._sender is None:
            self._sender = asyncio.create_task(self._send())

    async def __aenter__(self) -> ProgressReporter:
        return self

    async def __aexit__(self, *_error: object) -> None:
        if self._sender is not None:
            self._sender.cancel()
            await asyncio.gather(self._sender, return_exceptions=True)

    async def _send(self) -> None:
        while True:
            await self._news.wait()
            self._news.clear()
            if self._latest is not None:
                # progress is only news: while Redis is away it is dropped
                with contextlib.suppress(QueueUnavailable):
                    try:
                        await self._leases.progress(self._job, self._latest.percent, self._latest.stage)
                    except LeaseLost as lost:
                        self._on_lease_lost(lost.state)
                        return
            await asyncio.sleep(INTERVAL_SECONDS)
