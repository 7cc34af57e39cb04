"""The figures of the whole queue, read together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shared.job import JobState
from shared.queue import keys
from shared.queue.reads.presence import WORKER_SILENCE_MS

_MINUTE_MS = 60_000
_HOUR_MS = 3_600_000


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The queue in numbers, at one moment."""

    #: epoch milliseconds of Redis's clock
    now_ms: int
    counts: Mapping[JobState, int]
    #: how long the longest waiting job has been claimable, in milliseconds; None when none waits
    oldest_waiting_ms: int | None
    paused: bool
    completed_last_minute: int
    completed_last_hour: int
    failed_last_minute: int
    failed_last_hour: int
    #: leases that ended without word from the worker
    stalled_last_hour: int
    #: heard of lately
    workers: int
    #: size of all published PDFs whose jobs are still there
    published_bytes: int


def ask_for_snapshot(pipe: Any, now_ms: int) -> None:
    """Adds the commands whose answers `snapshot_from` reads."""
    for state in JobState:
        pipe.zcard(keys.index(state))
    pipe.zrange(keys.index(JobState.WAITING), 0, 0, withscores=True)
    pipe.exists(keys.PAUSED)
    for state in (JobState.COMPLETED, JobState.FAILED):
        pipe.zcount(keys.index(state), now_ms - _MINUTE_MS, "+inf")
        pipe.zcount(keys.index(state), now_ms - _HOUR_MS, "+inf")
    pipe.zcount(keys.WORKERS, now_ms - WORKER_SILENCE_MS, "+inf")
    pipe.hget(keys.TOTALS, "bytes")


def snapshot_from(now_ms: int, answers: Sequence[Any], stalled_last_hour: int) -> Snapshot:
    """Reads the answers to `ask_for_snapshot`."""
    states = len(JobState)
    oldest, paused, *ended, workers, size = answers[states:]
    return Snapshot(
        now_ms=now_ms,
        counts=dict(zip(JobState, answers[:states], strict=True)),
        oldest_waiting_ms=max(0, now_ms - int(oldest[0][1])) if oldest else None,
        paused=bool(paused),
        completed_last_minute=ended[0],
        completed_last_hour=ended[1],
        failed_last_minute=ended[2],
        failed_last_hour=ended[3],
        stalled_last_hour=stalled_last_hour,
        workers=workers,
        published_bytes=int(size or 0),
    )
