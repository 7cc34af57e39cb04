"""`GET /api/stats`: the queue in numbers."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import APIRouter

from dashboard.schemas import Counts, Rates, Stats
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
    )


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
