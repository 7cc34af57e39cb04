"""A worker whose jobs need no time: `python -m benchmarks.noop_worker CONCURRENCY`, with `REDIS_URL`.

Claiming, waking, finishing and the heartbeat are the real worker's; only the rendering and the file are left
out. What it measures is the queue.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from collections.abc import Callable
from typing import Any, cast

import uvloop

from shared.logs import get_logger, setup_logging
from shared.outage import Outage
from shared.queue.leases import ClaimedJob, Leases
from shared.redis import connect
from shared.settings import Settings
from worker.executor import Executor
from worker.heartbeat import Heartbeat
from worker.report_worker import ReportWorker

RESULT: dict[str, Any] = {
    "success": True,
    "reportUrl": "/uploads/test-x-f1.pdf",
    "fileName": "test-x-f1.pdf",
    "fileSize": 0,
    "pages": 0,
    "sha256": "0" * 64,
    "rowsReceived": 0,
    "rowsRendered": 0,
    "warnings": [],
    "controlTotals": [],
    "renderMs": 0,
    "peakRssMb": 0,
}


class NoopExecutor:
    """Completes each job at once."""

    def __init__(self, leases: Leases) -> None:
        self._leases = leases
        self._running: dict[str, int] = {}
        self.busy = asyncio.Event()
        #: jobs completed so far
        self.completed = 0

    def running(self) -> list[tuple[str, int]]:
        """As the real one."""
        return list(self._running.items())

    def stop(self, *_arguments: object) -> None:
        """There is nothing to stop."""

    async def run(
        self, job: ClaimedJob, on_rendered: Callable[[float], None], _hold_seconds: float | None = None
    ) -> None:
        """Completes the job."""
        self._running[job.id] = job.fence
        on_rendered(0.0)
        try:
            await self._leases.complete(job, RESULT)
        finally:
            del self._running[job.id]
        self.completed += 1


@contextlib.asynccontextmanager
async def noop_worker(settings: Settings, name: str, *, heartbeat: bool = True) -> Any:
    """A running worker; yields its executor."""
    redis = connect(settings, f"pressroom:worker:{name}")
    blocking = connect(settings, f"pressroom:worker:{name}", max_connections=4, blocks=True)
    leases = Leases(redis, name, settings.lease_ms, settings.poison_limit)
    executor = NoopExecutor(leases)
    outage = Outage(get_logger("noop"))
    worker = ReportWorker(settings, redis, blocking, leases, cast(Executor, executor), outage)
    tasks = [asyncio.create_task(worker.main())]
    if heartbeat:
        tasks.append(asyncio.create_task(Heartbeat(settings, leases, cast(Executor, executor), outage).run()))
    try:
        yield executor
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await worker.close()
        await redis.aclose()
        await blocking.aclose()


async def _main(concurrency: int) -> None:
    settings = Settings(worker_concurrency=concurrency, log_level="warning")
    setup_logging("noop", settings)
    async with noop_worker(settings, f"noop-{os.getpid()}"):
        await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(_main(int(sys.argv[1])))
