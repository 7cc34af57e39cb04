"""Stock arq's worker: `arq benchmarks.peers.python.arq_worker.WorkerSettings`; `POLL` = seconds a poll."""

from __future__ import annotations

import os
from typing import Any, ClassVar

from arq.connections import RedisSettings

from benchmarks.peers.python.tasks import make


async def make_report(context: dict[str, Any], body: dict[str, Any]) -> None:
    """Renders in the worker's own process: one process a core is arq's best for work that is all CPU."""
    make(body, context["job_id"])


class WorkerSettings:
    """arq's defaults but for the poll delay."""

    functions: ClassVar[list[Any]] = [make_report]
    redis_settings = RedisSettings.from_dsn(os.environ.get("REDIS_URL", "redis://127.0.0.1"))
    poll_delay = float(os.environ.get("POLL", "0.5"))
    max_jobs = 2
