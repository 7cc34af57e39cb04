"""`GET /api/stats`: the queue in numbers."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from fastapi import APIRouter

from dashboard.schemas import Counts, Rates, Recovery, Stats
from dashboard.services import ServicesDep
from shared.job import JobState
from shared.queue.keys import QUEUE
from shared.queue.reads import QueueReads

router = APIRouter(prefix="/api", tags=["queue"])

_MINUTE_MS = 60_000
_HOUR_MS = 3_600_000


@router.get("/stats")
async def stats(services: ServicesDep) -> Stats:
    """Counts by state, rates and the age of the oldest waiting job."""
    reads = services.reads
    now_ms = await reads.now_ms()
    by_state = await reads.counts()
    oldest_ms = await reads.oldest_waiting_ms()
    counts = count_ported(by_state)
    return Stats(
        queue=QUEUE,
        counts=counts,
        total_jobs=sum(counts.model_dump().values()),
        timestamp=now_ms,
        cancelled=by_state[JobState.CANCELLED],
        paused=await reads.is_paused(),
        rates=await measure_rates(reads, now_ms),
        oldest_waiting_seconds=None if oldest_ms is None else round(oldest_ms / 1000, 1),
        recovery=summarize_recoveries(*await reads.recoveries()),
    )


def summarize_recoveries(reclaims_ms: Sequence[int], completions_ms: Sequence[int]) -> Recovery:
    """The contract's recovery figures."""
    return Recovery(
        count=len(reclaims_ms),
        reclaim_p50_ms=percentile(reclaims_ms, 50),
        reclaim_p99_ms=percentile(reclaims_ms, 99),
        complete_p50_ms=percentile(completions_ms, 50),
        complete_p99_ms=percentile(completions_ms, 99),
    )


def percentile(values: Sequence[int], percent: int) -> int | None:
    """The smallest value that at least `percent` of the values do not exceed (nearest rank); None of none."""
    ordered = sorted(values)
    return ordered[math.ceil(len(ordered) * percent / 100) - 1] if ordered else None


def count_ported(by_state: Mapping[JobState, int]) -> Counts:
    """The five inherited counts."""
    return Counts(
        **{state.value: size for state, size in by_state.items() if state is not JobState.CANCELLED}
    )


async def measure_rates(reads: QueueReads, now_ms: int) -> Rates:
    """What ended in the last minute and the last hour."""
    completed, failed = JobState.COMPLETED, JobState.FAILED
    completed_hour = await reads.finished_since(completed, now_ms - _HOUR_MS)
    failed_hour = await reads.finished_since(failed, now_ms - _HOUR_MS)
    ended = completed_hour + failed_hour
    return Rates(
        completed_last_minute=await reads.finished_since(completed, now_ms - _MINUTE_MS),
        failed_last_minute=await reads.finished_since(failed, now_ms - _MINUTE_MS),
        completed_last_hour=completed_hour,
        failed_last_hour=failed_hour,
        failure_ratio_last_hour=round(failed_hour / ended, 4) if ended else None,
    )
