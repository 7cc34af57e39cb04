"""FastAPI that gives each body to Dramatiq, and its actor: `dramatiq benchmarks.peers.python.dramatiq_app`."""

from __future__ import annotations

import os
import uuid
from typing import Any

import dramatiq
from dramatiq.brokers.redis import RedisBroker
from fastapi import FastAPI

from benchmarks.peers.python.tasks import make

dramatiq.set_broker(RedisBroker(url=os.environ.get("REDIS_URL", "redis://127.0.0.1")))
app = FastAPI()


@dramatiq.actor(max_retries=3)
def make_report(body: dict[str, Any], name: str) -> None:
    """Renders in the worker's own process."""
    make(body, name)


@app.post("/api/v1/reports/generate", status_code=202)
async def generate(body: dict[str, Any]) -> dict[str, Any]:
    """Enqueues. On the loop's own thread: a hop to another one costs more than the wait for Redis."""
    name = uuid.uuid4().hex
    make_report.send(body, name)
    return {"success": True, "data": {"jobId": name}}


@app.get("/ready")
async def ready() -> dict[str, bool]:
    """Up."""
    return {"ready": True}
