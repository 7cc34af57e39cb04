"""Memory of each process and of each job in Redis: `python -m benchmarks.memory`."""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path
from typing import Any

import uvloop

from benchmarks.kit import systems
from benchmarks.kit.budget import LEAST, Budget
from benchmarks.kit.cpu import pss_mb, rss_mb
from benchmarks.kit.documents import as_json, sales_report
from benchmarks.kit.figures import Figure, table
from benchmarks.kit.load import post, send
from benchmarks.kit.outcome import Outcome, run_alone
from benchmarks.kit.scratch import scratch
from benchmarks.noop_worker import RESULT
from shared.job import JobSpec
from shared.queue.commands import QueueCommands, new_job_id
from shared.queue.leases import Leases
from shared.redis import connect
from shared.settings import Settings
from tests.e2e.stack import descendants

SMALL = {"reportType": "test", "data": {"period": "Q1", "revenue": 1}}
REPORTS = 200
JOBS = 1_000
KINDS = ("producer", "worker.children", "worker", "scheduler", "dashboard")


def measure(budget: Budget) -> Outcome:
    """Memory of the processes and of the jobs."""
    outcome = Outcome()
    with scratch() as name:
        folder = Path(name)
        with systems.embedded_redis(folder) as redis:
            outcome.parts.append(_processes(folder, redis.url, budget))
            head = ["job in Redis", "payload", "bytes waiting", "bytes finished"]
            rows = [asyncio.run(_jobs(redis.url, body)) for body in (SMALL, sales_report())]
            outcome.parts.append(table(head, rows))
    outcome.notes += budget.notes
    return outcome


def _processes(folder: Path, url: str, budget: Budget) -> str:
    env = {"PRESSROOM_WORKERS": "1", "PRESSROOM_WORKER_CONCURRENCY": "2"}
    found: dict[str, list[tuple[float, float]]] = {}
    with systems.pressroom(folder, url, **env) as system:
        request = post(system.port, systems.PATH, as_json(sales_report()))
        for _ in range(LEAST):
            expected = system.done() + REPORTS
            uvloop.run(send(system.port, request, REPORTS, 4)).check(202)
            system.wait_done(expected)
            for pid, command in descendants(system.roots()[0]).items():
                kind = next((kind for kind in KINDS if f"-m {kind}" in command), None)
                if kind:
                    found.setdefault(kind, []).append((rss_mb(pid), pss_mb(pid)))
    rows = [
        [kind, Figure(tuple(rss for rss, _ in taken)), Figure(tuple(pss for _, pss in taken))]
        for kind, taken in found.items()
    ]
    head = ["process", "MB in all", "MB with shared pages divided among those that share them"]
    return f"{table(head, rows)}\n\nEach after {REPORTS}, {2 * REPORTS}, ... {LEAST * REPORTS} reports."


async def _jobs(url: str, body: dict[str, Any]) -> list[object]:
    settings = Settings(redis_url=url)
    redis = connect(settings, "memory")
    commands, leases = QueueCommands(redis), Leases(redis, "memory", 60_000, 2)

    async def used() -> int:
        return int((await redis.info("memory"))["used_memory"])

    samples: list[tuple[float, float]] = []
    for _ in range(LEAST):
        await redis.execute_command("FLUSHALL", "SYNC")
        empty = await used()
        spec = partial(JobSpec, report_type=body["reportType"], data=body["data"], title=body.get("title"))
        await commands.submit_batch([spec(job_id=new_job_id()) for _ in range(JOBS)])
        waiting = await used()
        while claimed := (await leases.claim(64)).jobs:
            await asyncio.gather(*(leases.complete(job, RESULT) for job in claimed))
        samples.append(((waiting - empty) / JOBS, (await used() - empty) / JOBS))
    await redis.aclose()
    figures = [Figure(values) for values in zip(*samples, strict=True)]
    return [body["reportType"], f"{len(as_json(body)):,} bytes", *figures]


if __name__ == "__main__":
    run_alone(measure, "memory")
