"""The queue alone, with jobs that do nothing: `python -m benchmarks.queue`; `--deep`: a million wait.

Claims: Redis's own time for a claim of one job with few and many waiting ones. Throughput: jobs a second
through one and more workers of four slots each. Idle: commands a second of workers that have nothing to do.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import sys
import tempfile
import time
from pathlib import Path

import uvloop
from arq.connections import ArqRedis

from benchmarks.kit import systems
from benchmarks.kit.cpu import cpu_ms
from benchmarks.kit.figures import Figure, say, table
from benchmarks.kit.processes import group
from benchmarks.noop_worker import RESULT, noop_worker
from shared.job import JobSpec
from shared.launcher.embedded_redis import EmbeddedRedis
from shared.queue.commands import QueueCommands, new_job_id
from shared.queue.leases import Leases
from shared.redis import connect
from shared.settings import CHECKOUT, Settings

CLAIMS = 8
ROUNDS = 5
JOBS = 2_000
WORKERS = (1, 4, 16)
IDLE_WORKERS, IDLE_SECONDS = 100, 10


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.queue")
    parser.add_argument("--deep", action="store_true", help="also with a million waiting jobs")
    say(measure(deep=parser.parse_args().deep))


def measure(*, deep: bool = False) -> str:
    """The tables of the results."""
    with tempfile.TemporaryDirectory(prefix="pressroom-bench-") as name:
        folder = Path(name)
        # without its file, since that would be most of the time and has nothing to do with the depth
        with EmbeddedRedis(None, append_only=False) as server:
            claims = uvloop.run(_claims(server.url, (10, 100_000, *((1_000_000,) if deep else ()))))
            idle = uvloop.run(_idle(server.url))
        with systems.embedded_redis(folder) as server:
            throughput = [row for workers in WORKERS for row in _throughput(folder, server, workers)]
    return "\n\n".join(
        (
            table(["waiting jobs", "µs a claim in Redis", "to 10 waiting"], claims),
            table(["workers", "no-op jobs/s", "submits/s", "Redis CPU ms a job"], throughput),
            f"{IDLE_WORKERS} idle workers: {idle:.2f} commands/s each, heartbeats included",
        )
    )


async def _claims(url: str, depths: tuple[int, ...]) -> list[list[object]]:
    redis = connect(Settings(redis_url=url), "claims")
    await redis.flushall()
    commands, leases = QueueCommands(redis), Leases(redis, "claims", 3_600_000, 2)
    figures: list[Figure] = []
    waiting = 0
    for depth in depths:
        while waiting < depth:
            waiting += len(await commands.submit_batch([_spec() for _ in range(min(1000, depth - waiting))]))
        figures.append(Figure(tuple([await _claim_us(redis, commands, leases) for _ in range(ROUNDS)])))
    await redis.aclose()
    return [
        [f"{depth:,}", figure, f"{figure.median / figures[0].median:.2f}"]
        for depth, figure in zip(depths, figures, strict=True)
    ]


async def _claim_us(redis: ArqRedis, commands: QueueCommands, leases: Leases) -> float:
    """Redis's time for a claim; what is claimed is completed and made up for, so that the depth stays."""
    await redis.config_resetstat()
    claimed = [(await leases.claim(1)).jobs[0] for _ in range(CLAIMS)]
    stats = await redis.info("commandstats")
    for job in claimed:
        await leases.complete(job, RESULT)
        await commands.submit(_spec())
    return float(stats["cmdstat_evalsha"]["usec_per_call"])


def _throughput(folder: Path, server: EmbeddedRedis, workers: int) -> list[list[object]]:
    with group(folder / f"noop-{workers}.log") as processes:
        for _ in range(workers):
            command = (sys.executable, "-m", "benchmarks.noop_worker", "4")
            processes.start(command, {"REDIS_URL": server.url}, CHECKOUT)
        samples = uvloop.run(_drained(server, workers))
    return [[workers, *(Figure(values) for values in zip(*samples, strict=True))]]


async def _drained(server: EmbeddedRedis, workers: int) -> list[tuple[float, float, float]]:
    redis = connect(Settings(redis_url=server.url), "throughput")
    commands = QueueCommands(redis)
    await redis.flushall()
    while await redis.zcard("report:workers") < workers:  # noqa: ASYNC110 - other processes
        await asyncio.sleep(0.1)
    samples = []
    for number in range(ROUNDS + 1):
        await commands.pause()
        before, began = await redis.zcard("report:index:completed"), time.perf_counter()
        for _ in range(JOBS // 64):
            await asyncio.gather(*(commands.submit(_spec()) for _ in range(64)))
        submitted, jobs = time.perf_counter(), JOBS // 64 * 64
        cpu = cpu_ms(server.pid or 0)
        await commands.resume()
        while await redis.zcard("report:index:completed") < before + jobs:  # noqa: ASYNC110 - the same
            await asyncio.sleep(0.005)
        took = time.perf_counter() - submitted
        if number:
            used = (cpu_ms(server.pid or 0) - cpu) / jobs
            samples.append((jobs / took, jobs / (submitted - began), used))
    await redis.aclose()
    return samples


async def _idle(url: str) -> float:
    """Commands a second of one idle worker."""
    settings = Settings(redis_url=url)
    redis = connect(settings, "idle")
    await redis.flushall()
    async with contextlib.AsyncExitStack() as stack:
        for number in range(IDLE_WORKERS):
            await stack.enter_async_context(noop_worker(settings, f"idle-{number}"))
        await asyncio.sleep(2)
        before = await _commands(redis)
        await asyncio.sleep(IDLE_SECONDS)
        after = await _commands(redis)
    await redis.aclose()
    return (after - before) / IDLE_SECONDS / IDLE_WORKERS


async def _commands(redis: ArqRedis) -> int:
    """Commands that clients sent so far; those inside of scripts do not count."""
    stats = await redis.info("commandstats")
    return sum(
        int(stats.get(f"cmdstat_{name}", {}).get("calls", 0)) for name in ("evalsha", "blpop", "xread")
    )


def _spec() -> JobSpec:
    return JobSpec(job_id=new_job_id(), report_type="test", data={"period": "Q1", "revenue": 1})


if __name__ == "__main__":
    main()
