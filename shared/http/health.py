"""`GET /health`, `/ready` and `/metrics`, the same in every service."""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from arq.connections import ArqRedis
from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse, PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from shared.metrics import REGISTRY
from shared.redis import is_connected
from shared.version import VERSION

_STARTED = time.monotonic()

#: tells whether the service can do its work now, beyond having Redis
ReadyCheck = Callable[[], Awaitable[bool]]


def uptime_seconds() -> float:
    """How long this process has been up."""
    return round(time.monotonic() - _STARTED, 3)


def rss_bytes() -> int:
    """Memory of this process; where the system does not tell the present value, the highest so far."""
    statm = Path("/proc/self/statm")
    if statm.exists():
        return int(statm.read_text().split()[1]) * resource.getpagesize()
    highest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return highest if sys.platform == "darwin" else highest * 1024


def health_router(service: str, redis: ArqRedis, is_ready: ReadyCheck | None = None) -> APIRouter:
    """The three endpoints; healthy means that Redis answers."""
    router = APIRouter(tags=["health"])

    @router.get("/health", summary="Whether the service is well")
    async def health() -> JSONResponse:
        began = time.perf_counter()
        connected = await is_connected(redis)
        body: dict[str, Any] = {
            "status": "healthy" if connected else "unhealthy",
            "service": service,
            "version": VERSION,
            "uptime": uptime_seconds(),
            "memory": {"rss": rss_bytes()},
            "redis": "connected" if connected else "disconnected",
            "timestamp": time.time_ns() // 1_000_000,
            "responseTime": round((time.perf_counter() - began) * 1000, 3),
        }
        return JSONResponse(body, 200 if connected else 503)

    @router.get("/ready", summary="Whether the service can take work")
    async def ready() -> JSONResponse:
        answer = await is_connected(redis) and (is_ready is None or await is_ready())
        return JSONResponse({"ready": answer}, 200 if answer else 503)

    @router.get("/metrics", summary="Prometheus metrics", response_class=PlainTextResponse)
    async def metrics() -> Response:
        return Response(generate_latest(REGISTRY), media_type=CONTENT_TYPE_LATEST)

    return router
