"""Keeps the worker's leases and its presence alive, whatever its jobs do."""

from __future__ import annotations

import asyncio
import os
import socket

from shared.errors import QueueUnavailable
from shared.http.health import rss_bytes, uptime_seconds
from shared.outage import Outage, retry_wait
from shared.queue.leases import Leases
from shared.settings import Settings
from worker.executor import Executor
from worker.running import reason_of

#: heartbeats per lease: two may be lost without losing the lease
BEATS_PER_LEASE = 3


class Heartbeat:
    """Beats until cancelled."""

    def __init__(self, settings: Settings, leases: Leases, executor: Executor, outage: Outage) -> None:
        self._leases, self._executor, self._outage = leases, executor, outage
        self._interval = settings.lease_seconds / BEATS_PER_LEASE
        self._facts = {
            "pid": str(os.getpid()),
            "host": socket.gethostname(),
            "port": str(settings.worker_port),
            "concurrency": str(settings.worker_concurrency),
        }

    async def run(self) -> None:
        """Beats at a third of the lease; sooner again after a beat that failed."""
        while True:
            try:
                await self.beat()
                self._outage.worked("heartbeat")
                wait = self._interval
            except QueueUnavailable as error:
                self._outage.failed("heartbeat", error)
                wait = min(self._interval, retry_wait())
            await asyncio.sleep(wait)

    async def beat(self) -> None:
        """One heartbeat; jobs that turn out not to be ours any more are stopped.

        Raises:
            QueueUnavailable: Redis did not take it.
        """
        running = self._executor.running()
        for lost in await self._leases.heartbeat(running, self._presence(running)):
            self._executor.stop(lost.job_id, reason_of(lost.state), lost.fence)

    def _presence(self, running: list[tuple[str, int]]) -> dict[str, str]:
        return {
            **self._facts,
            "uptime": str(uptime_seconds()),
            "rss": str(rss_bytes()),
            "running": ",".join(job_id for job_id, _ in running),
        }
