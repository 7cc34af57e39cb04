"""`GET /api/workers`: who renders."""

from __future__ import annotations

from fastapi import APIRouter

from dashboard.schemas import Worker, Workers
from dashboard.services import ServicesDep
from shared.queue.reads import WorkerInfo

router = APIRouter(prefix="/api", tags=["workers"])


@router.get("/workers")
async def workers(services: ServicesDep) -> Workers:
    """The workers heard of lately, by id."""
    found = await services.reads.workers()
    return Workers(
        workers=[as_wire(info) for info in found],
        count=len(found),
        timestamp=await services.reads.now_ms(),
    )


def as_wire(info: WorkerInfo) -> Worker:
    """One worker as the API shows it."""
    return Worker(
        id=info.id,
        pid=info.pid,
        uptime=info.uptime_seconds,
        timestamp=info.timestamp_ms,
        host=info.host,
        port=info.port,
        concurrency=info.concurrency,
        running=list(info.running),
        rss_bytes=info.rss_bytes,
        paused=info.paused,
    )
