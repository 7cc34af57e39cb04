"""`GET /api/system`: the parts that Pressroom is made of, and whether each is well."""

from __future__ import annotations

import platform
import time

from fastapi import APIRouter

from dashboard.services import ServicesDep
from dashboard.wire import Wire
from shared.http.health import rss_bytes, uptime_seconds
from shared.job import rfc3339
from shared.version import VERSION

router = APIRouter(prefix="/api", tags=["queue"])


class RedisFacts(Wire):
    """The Redis server."""

    kind: str
    version: str
    used_memory: int
    max_memory: int
    uptime: int
    append_only: bool
    clients: int
    latency_ms: float


class SchedulerFacts(Wire):
    """The scheduler that leads."""

    id: str
    last_swept_at: str | None


class DashboardFacts(Wire):
    """This process."""

    version: str
    python: str
    uptime: float
    rss_bytes: int
    streams: int


class System(Wire):
    """`GET /api/system`."""

    redis: RedisFacts
    scheduler: SchedulerFacts | None
    dashboard: DashboardFacts
    producer_url: str
    hidden_keys: list[str]
    alert_webhook: bool
    timestamp: int


@router.get("/system")
async def system(services: ServicesDep) -> System:
    """Redis, the scheduler and this service."""
    began = time.perf_counter()
    now_ms = await services.reads.now_ms()
    latency_ms = round((time.perf_counter() - began) * 1000, 2)
    leader = await services.reads.scheduler()
    return System(
        redis=RedisFacts.model_validate({**await services.reads.server(), "latencyMs": latency_ms}),
        scheduler=leader and SchedulerFacts(id=leader.id, last_swept_at=rfc3339(leader.timestamp_ms)),
        dashboard=DashboardFacts(
            version=VERSION,
            python=platform.python_version(),
            uptime=uptime_seconds(),
            rss_bytes=rss_bytes(),
            streams=services.hub.listeners,
        ),
        producer_url=services.settings.public_producer_url,
        hidden_keys=sorted(services.settings.redacted),
        alert_webhook=services.settings.alert_webhook_url is not None,
        timestamp=now_ms,
    )
