"""Memory of each process and of each job in Redis: `python -m benchmarks.memory`."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

import redis as sync_redis
import uvloop

from benchmarks.kit import systems
from benchmarks.kit.cpu import rss_mb
from benchmarks.kit.documents import as_json, sales_report
from benchmarks.kit.figures import say, table
from benchmarks.kit.load import post, send
from benchmarks.noop_worker import RESULT
from shared.job import JobSpec
from shared.queue.commands import QueueCommands, new_job_id
from shared.queue.leases import Leases
from shared.redis import connect
from shared.settings import Settings
from tests.e2e.stack import Stack

REPORTS = 200
JOBS = 2_000
KINDS = ("producer", "worker.children", "worker", "scheduler", "dashboard")


def main() -> None:
    """Measures and prints."""
    say(measure())


def measure() -> str:
    """The table of the results."""
    rows: list[list[object]] = []
    with tempfile.TemporaryDirectory(prefix="pressroom-bench-") as name:
        folder = Path(name)
        with systems.embedded_redis(folder) as redis:
            rows += _processes(folder, redis.url)
            rows += asyncio.run(_jobs(redis.url))
    return table(["what", "memory"], rows)


def _processes(folder: Path, url: str) -> list[list[object]]:
    env = {"PRESSROOM_WORKERS": "1", "PRESSROOM_WORKER_CONCURRENCY": "2"}
    with Stack(folder / "stack", REDIS_URL=url, **env) as stack:
        stack.start()
        client = sync_redis.Redis.from_url(url)
        system = systems.System(
            "Pressroom", stack.producer_port, lambda: int(client.zcard("report:index:completed"))
        )
        request = post(system.port, systems.PATH, as_json(sales_report()))
        uvloop.run(send(system.port, request, REPORTS, 4)).check(202)
        system.wait_done(REPORTS)
        client.close()
        found: dict[str, list[float]] = {}
        for pid, command in stack.pids().items():
            kind = next((kind for kind in KINDS if f"-m {kind}" in command), None)
            if kind:
                found.setdefault(kind, []).append(rss_mb(pid))
    return [[f"{kind}, after {REPORTS} reports", f"{max(sizes):.0f} MB"] for kind, sizes in found.items()]


async def _jobs(url: str) -> list[list[object]]:
    settings = Settings(redis_url=url)
    redis = connect(settings, "memory")
    await redis.flushall()
    commands, leases = QueueCommands(redis), Leases(redis, "memory", 60_000, 2)
    body = sales_report()

    async def used() -> int:
        return int((await redis.info("memory"))["used_memory"])

    empty = await used()
    for _ in range(JOBS):
        await commands.submit(JobSpec(new_job_id(), body["reportType"], body["data"], body["title"]))
    waiting = await used()
    while claimed := (await leases.claim(64)).jobs:
        await asyncio.gather(*(leases.complete(job, RESULT) for job in claimed))
    finished = await used()
    await redis.aclose()
    payload = len(as_json(body))
    return [
        [f"a waiting job in Redis, payload of {payload:,} bytes", f"{(waiting - empty) / JOBS:,.0f} bytes"],
        ["a finished job in Redis, its payload kept", f"{(finished - empty) / JOBS:,.0f} bytes"],
    ]


if __name__ == "__main__":
    main()
