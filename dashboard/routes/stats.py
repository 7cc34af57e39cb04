"""`GET /api/stats`: the queue in numbers."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Query

from dashboard.schemas import AlertState, Counts, History, HistoryBucket, Rates, Stats, StorageUse
from dashboard.services import Services, ServicesDep
from shared.alerts import evaluate
from shared.job import JobState, rfc3339
from shared.metrics import ALERT_FIRING
from shared.queue.keys import QUEUE
from shared.queue.reads import Bucket, QueueReads, Step
from shared.queue.watch import disk_of, figures_of

router = APIRouter(prefix="/api", tags=["queue"])

_MINUTE_MS = 60_000
_HOUR_MS = 3_600_000


@router.get("/stats")
async def stats(
    services: ServicesDep,
    history: Annotated[Step | None, Query(description="adds the buckets of this width")] = None,
) -> Stats:
    """Counts by state, rates, the age of the oldest waiting job, alerts, and the history for charts."""
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
        storage=await storage_use(services),
        alerts=await alert_states(services),
        history=History(step=history, buckets=[as_wire(one) for one in await reads.history(history)])
        if history
        else None,
    )


async def storage_use(services: Services) -> StorageUse:
    """What the PDFs take."""
    free, total = await asyncio.to_thread(disk_of, services.settings.storage_path)
    published = await services.reads.published_bytes()
    return StorageUse(report_bytes=published, disk_free_bytes=free, disk_total_bytes=total)


async def alert_states(services: Services) -> list[AlertState]:
    """Every alert that is switched on; also sets the metrics."""
    found = evaluate(await figures_of(services.reads, services.settings.storage_path), services.settings)
    since = await services.alerts.since()
    for alert in found:
        ALERT_FIRING.labels(alert.name).set(alert.firing)
    return [
        AlertState.model_validate(alert.as_json(rfc3339(since.get(alert.name)) if alert.firing else None))
        for alert in found
    ]


def as_wire(bucket: Bucket) -> HistoryBucket:
    """One bucket as the API shows it."""
    return HistoryBucket(
        at=str(rfc3339(bucket.start_ms)),
        **bucket.counts,
        mean_total_ms=bucket.mean_total_ms,
        mean_run_ms=bucket.mean_run_ms,
        p50_total_ms=bucket.p50_total_ms,
        p95_total_ms=bucket.p95_total_ms,
        pages=bucket.pages,
        file_bytes=bucket.file_bytes,
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
