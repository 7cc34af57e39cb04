"""Since when alerts fire, and the figures that they are about."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path

from arq.connections import ArqRedis

from shared.alerts import Alert, Figures
from shared.job import JobState
from shared.queue import keys, scripts
from shared.queue.reads import Snapshot
from shared.redis import unavailable_on_redis_errors

_UNFINISHED = (JobState.WAITING, JobState.DELAYED, JobState.ACTIVE)


def disk_of(folder: Path | None) -> tuple[int | None, int | None]:
    """Free and total bytes of the disk that `folder` is on; None where nobody can tell."""
    if folder is None:
        return None, None
    try:
        usage = shutil.disk_usage(folder)
    except OSError:
        return None, None
    return usage.free, usage.total


def figures_of(now: Snapshot, disk_free_bytes: int | None) -> Figures:
    """What alerts are about."""
    oldest_ms = now.oldest_waiting_ms
    return Figures(
        oldest_waiting_seconds=None if oldest_ms is None else oldest_ms / 1000,
        completed_last_hour=now.completed_last_hour,
        failed_last_hour=now.failed_last_hour,
        stalled_last_hour=now.stalled_last_hour,
        workers=now.workers,
        unfinished=sum(now.counts[state] for state in _UNFINISHED),
        disk_free_bytes=disk_free_bytes,
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
