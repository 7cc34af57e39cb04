"""Since when alerts fire, and the figures that they are about."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Iterable
from pathlib import Path

from arq.connections import ArqRedis

from shared.alerts import Alert, Figures
from shared.job import JobState
from shared.queue import keys, scripts
from shared.queue.reads import QueueReads, Step
from shared.redis import unavailable_on_redis_errors

_HOUR_MS = 3_600_000
_UNFINISHED = (JobState.WAITING, JobState.DELAYED, JobState.ACTIVE)


def disk_of(folder: Path) -> tuple[int | None, int | None]:
    """Free and total bytes of the disk that `folder` is on; None when that can't be told."""
    try:
        usage = shutil.disk_usage(folder)
    except OSError:
        return None, None
    return usage.free, usage.total


async def figures_of(reads: QueueReads, folder: Path) -> Figures:
    """Reads what alerts are about."""
    now_ms = await reads.now_ms()
    counts = await reads.counts()
    oldest_ms = await reads.oldest_waiting_ms()
    lately = await reads.history(Step.MINUTE)
    free, _ = await asyncio.to_thread(disk_of, folder)
    return Figures(
        oldest_waiting_seconds=None if oldest_ms is None else oldest_ms / 1000,
        completed_last_hour=await reads.finished_since(JobState.COMPLETED, now_ms - _HOUR_MS),
        failed_last_hour=await reads.finished_since(JobState.FAILED, now_ms - _HOUR_MS),
        stalled_last_hour=sum(bucket.counts["stalled"] for bucket in lately),
        workers=len(await reads.workers()),
        unfinished=sum(counts[state] for state in _UNFINISHED),
        disk_free_bytes=free,
    )


class AlertLog:
    """Remembers in Redis since when each alert fires.

    All raise `QueueUnavailable` when Redis can't be reached.
    """

    def __init__(self, redis: ArqRedis) -> None:
        self._redis = redis

    async def since(self) -> dict[str, int]:
        """Since when the alerts that fire do, epoch milliseconds by name."""
        with unavailable_on_redis_errors():
            found = await self._redis.execute_command("HGETALL", keys.ALERTS)
        return {name.decode(): int(value) for name, value in found.items()}

    async def note(self, alerts: Iterable[Alert]) -> list[Alert]:
        """Writes down what fires; returns those that changed. Each change is returned to one caller only."""
        changed = []
        for alert in alerts:
            if await scripts.run(self._redis, "alert", alert.name, "1" if alert.firing else "0"):
                changed.append(alert)
        return changed
