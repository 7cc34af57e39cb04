"""FastAPI that gives each body to SAQ, and SAQ's worker settings."""

from __future__ import annotations

import os
import uuid
from typing import Any

from fastapi import FastAPI
from saq import Queue

from benchmarks.peers.python.tasks import make

queue = Queue.from_url(os.environ.get("REDIS_URL", "redis://127.0.0.1"))
app = FastAPI()


async def make_report(_context: dict[str, Any], *, body: dict[str, Any], name: str) -> None:
    """Renders in the worker's own process."""
    make(body, name)


settings = {"queue": queue, "functions": [make_report], "concurrency": 2}


@app.post("/api/v1/reports/generate", status_code=202)
async def generate(body: dict[str, Any]) -> dict[str, Any]:
    """Enqueues."""
    name = uuid.uuid4().hex
    await queue.enqueue("make_report", body=body, name=name, timeout=0, retries=3)
    return {"success": True, "data": {"jobId": name}}


@app.get("/ready")
async def ready() -> dict[str, bool]:
    """Up."""
    return {"ready": True}
