"""FastAPI that gives each body to stock arq: `uvicorn benchmarks.peers.python.arq_app:app`."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from arq import create_pool
from arq.connections import RedisSettings
from fastapi import FastAPI


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    app.state.pool = await create_pool(RedisSettings.from_dsn(os.environ["REDIS_URL"]))
    yield
    await app.state.pool.aclose()


app = FastAPI(lifespan=_lifespan)


@app.post("/api/v1/reports/generate", status_code=202)
async def generate(body: dict[str, Any]) -> dict[str, Any]:
    """Enqueues."""
    job = await app.state.pool.enqueue_job("make_report", body)
    return {"success": True, "data": {"jobId": job.job_id}}


@app.get("/ready")
async def ready() -> dict[str, bool]:
    """Up."""
    return {"ready": True}
