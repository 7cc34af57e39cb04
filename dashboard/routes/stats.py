"""`GET /api/stats`: the queue in numbers."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Mapping, Sequence
from typing import Annotated

from fastapi import APIRouter, Query

from dashboard.schemas import AlertState, Counts, History, HistoryBucket, Rates, Recovery, Stats, StorageUse
from dashboard.services import Services, ServicesDep
from shared.alerts import Figures, evaluate
from shared.job import JobState, rfc3339
from shared.metrics import ALERT_FIRING
from shared.queue.keys import QUEUE
from shared.queue.reads import Bucket, Snapshot, Step
from shared.queue.watch import disk_of, figures_of

router = APIRouter(prefix="/api", tags=["queue"])


@router.get("/stats")
async def stats(
    services: ServicesDep,
    history: Annotated[Step | None, Query(description="adds the buckets of this width")] = None,
) -> Stats:
    """Counts by state, rates, the age of the oldest waiting job, alerts, and the history for charts."""
    now = await services.reads.snapshot()
    free, total = await asyncio.to_thread(disk_of, services.settings.reports_folder)
    counts = count_ported(now.counts)
    oldest_ms = now.oldest_waiting_ms
    buckets = await services.reads.history(history) if history else []
    return Stats(
        queue=QUEUE,
        counts=counts,
        total_jobs=sum(counts.model_dump().values()),
        timestamp=now.now_ms,
        cancelled=now.counts[JobState.CANCELLED],
        paused=now.paused,
        rates=rates_of(now),
        oldest_waiting_seconds=None if oldest_ms is None else round(oldest_ms / 1000, 1),
        storage=StorageUse(report_bytes=now.published_bytes, disk_free_bytes=free, disk_total_bytes=total),
        recovery=summarize_recoveries(*await services.reads.recoveries()),
        alerts=await alert_states(services, figures_of(now, free)),
        history=History(step=history, buckets=[as_wire(one) for one in buckets]) if history else None,
    )


async def alert_states(services: Services, figures: Figures) -> list[AlertState]:
    """Every alert that is switched on; also sets the metrics."""
    found = evaluate(figures, services.settings)
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


def rates_of(now: Snapshot) -> Rates:
    """What ended in the last minute and the last hour."""
    ended = now.completed_last_hour + now.failed_last_hour
    return Rates(
        completed_last_minute=now.completed_last_minute,
        failed_last_minute=now.failed_last_minute,
        completed_last_hour=now.completed_last_hour,
        failed_last_hour=now.failed_last_hour,
        failure_ratio_last_hour=round(now.failed_last_hour / ended, 4) if ended else None,
    )
