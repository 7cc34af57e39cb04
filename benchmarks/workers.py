"""No-op jobs per second through real workers: `python -m benchmarks.workers`.

1, 4 and 16 worker processes of four slots each; claiming, waking, finishing and the heartbeat are the
real ones, only rendering and file are left out. In each round the jobs of the round are submitted behind
those that wait, the queue is opened, and the time counts until as many are completed; so 10 waiting means
10 more than the round takes. Redis's append-only file is synced at every write, but for the million,
which no round would write alone. Commands are those that the workers send in a round, heartbeats
included; those inside of scripts do not count. Then 100 idle workers, in one process: what they send, and
the processor time of them and of Redis.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import uvloop
from arq.connections import ArqRedis

from benchmarks.kit import systems
from benchmarks.kit.budget import LEAST, Budget
from benchmarks.kit.cpu import cpu_ms
from benchmarks.kit.depth import Depth, spec
from benchmarks.kit.figures import Figure, say, table
from benchmarks.kit.outcome import Outcome, run_alone
from benchmarks.kit.processes import group
from benchmarks.kit.scratch import scratch
from benchmarks.noop_worker import noop_worker
from shared.launcher.embedded_redis import EmbeddedRedis
from shared.queue.commands import QueueCommands
from shared.redis import connect
from shared.settings import CHECKOUT, Settings

DEPTHS, WORKERS, SLOTS = (10, 100_000, 1_000_000), (1, 4, 16), 4
#: from here on Redis keeps no file
WITHOUT_FILE = 1_000_000
#: jobs of the first round; a round takes at most ROUND_SECONDS
FIRST, ROUND_SECONDS, MOST_JOBS = 400, 0.6, 2_000
IDLE_WORKERS, IDLE_SECONDS = 100, 8.0
START_SECONDS = 30.0
#: jobs/s, Redis CPU ms, workers' CPU ms and commands a job
Sample = tuple[float, float, float, float]
#: waiting jobs, workers, the figures of a sample
Row = tuple[str, int, tuple[Figure, ...]]


def measure(budget: Budget) -> Outcome:
    """Throughput by depth and workers, and the cost of idle workers."""
    outcome = Outcome()
    rows: list[Row] = []
    with scratch() as name:
        folder = Path(name)
        with EmbeddedRedis(None, append_only=False) as server:
            uvloop.run(_idle(server, outcome))
        depths = DEPTHS if budget.seconds >= 60 else DEPTHS[:2]
        with systems.embedded_redis(folder) as server:
            rows += _depths(
                folder, server, [depth for depth in depths if depth < WITHOUT_FILE], budget, outcome
            )
        with EmbeddedRedis(None, append_only=False) as server:
            rows += _depths(
                folder, server, [depth for depth in depths if depth >= WITHOUT_FILE], budget, outcome
            )
    head = ["waiting", "workers", "jobs/s", "Redis CPU ms each", "workers' CPU ms each", "commands each"]
    outcome.parts.insert(0, table(head, [[*where, *figures] for *where, figures in rows]))
    alone = {workers: figures[3].median for _, workers, figures in rows[: len(WORKERS)]}
    outcome.target(
        "the workers' round trips per job under load, submit not included",
        "≤ 4",
        ", ".join(f"{value:.2f} with {workers}" for workers, value in alone.items()),
        all(value <= 4 for value in alone.values()),
    )
    return outcome


def _depths(
    folder: Path, server: EmbeddedRedis, depths: list[int], budget: Budget, outcome: Outcome
) -> list[Row]:
    return [row for depth in depths for row in uvloop.run(_depth(folder, server, depth, budget, outcome))]


async def _depth(
    folder: Path, server: EmbeddedRedis, depth: int, budget: Budget, outcome: Outcome
) -> list[Row]:
    redis = connect(Settings(redis_url=server.url), "throughput")
    await redis.flushall()
    commands, rows = QueueCommands(redis), []
    await commands.pause()
    if budget.left() > 0:
        await Depth(redis).reach(depth)
    with group(folder / f"noop-{depth}.log") as processes:
        for workers in WORKERS:
            if budget.left() < LEAST * ROUND_SECONDS:
                outcome.notes.append(f"{depth:,} waiting, {workers} workers: not measured, no time was left")
                continue
            while len(processes.pids()) < workers:
                command = (sys.executable, "-m", "benchmarks.noop_worker", str(SLOTS))
                processes.start(command, {"REDIS_URL": server.url}, CHECKOUT)
            await _present(redis, workers)
            bench = _Rounds(redis, server, processes.pids, depth)
            samples = [await bench.round() for _ in range(LEAST + 1)][1:]
            rows.append(
                (f"{depth:,}", workers, tuple(Figure(values) for values in zip(*samples, strict=True)))
            )
            say(f"workers: {depth:,} waiting, {workers} workers: {rows[-1][2][0]} jobs/s")
    await redis.aclose()
    return rows


async def _present(redis: ArqRedis, workers: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    while await redis.zcard("report:workers") < workers:
        if time.monotonic() > deadline:
            raise RuntimeError(f"{await redis.zcard('report:workers')} of {workers} workers started")
        await asyncio.sleep(0.05)


class _Rounds:
    """Rounds with the same workers."""

    def __init__(
        self, redis: ArqRedis, server: EmbeddedRedis, pids: Callable[[], list[int]], depth: int
    ) -> None:
        self._redis, self._server, self._pids, self._depth = redis, server, pids, depth
        self._commands, self._jobs = QueueCommands(redis), FIRST

    async def round(self) -> Sample:
        """Opens the queue until as many jobs are completed as were put in."""
        while (missing := self._depth + self._jobs - await self._waiting()) > 0:
            await self._commands.submit_batch([spec() for _ in range(min(1000, missing))])
        completed = await self._completed()
        redis_ms, workers_ms = self._used()
        await self._redis.config_resetstat()
        began = time.perf_counter()
        await self._commands.resume()
        while await self._completed() < completed + self._jobs:  # noqa: ASYNC110 - other processes
            await asyncio.sleep(0.005)
        took, done = time.perf_counter() - began, await self._completed() - completed
        sent = await commands_sent(self._redis)
        redis_after, workers_after = self._used()
        await self._commands.pause()
        self._jobs = max(FIRST, min(MOST_JOBS, round(done / took * ROUND_SECONDS)))
        used = (redis_after - redis_ms) / done, (workers_after - workers_ms) / done
        return done / took, *used, (sent - 1) / done  # one was `resume`

    def _used(self) -> tuple[float, float]:
        return cpu_ms(self._server.pid or 0), sum(map(cpu_ms, self._pids()))

    async def _waiting(self) -> int:
        return int(await self._redis.zcard("report:index:waiting"))

    async def _completed(self) -> int:
        return int(await self._redis.zcard("report:index:completed"))


async def commands_sent(redis: ArqRedis) -> int:
    """Commands that workers sent since the statistics were reset."""
    stats = await redis.info("commandstats")
    names = ("evalsha", "blpop", "xread")
    return sum(int(stats.get(f"cmdstat_{name}", {}).get("calls", 0)) for name in names)


async def _idle(server: EmbeddedRedis, outcome: Outcome) -> None:
    settings = Settings(redis_url=server.url)
    redis = connect(settings, "idle")
    async with contextlib.AsyncExitStack() as stack:
        for number in range(IDLE_WORKERS):
            await stack.enter_async_context(noop_worker(settings, f"idle-{number}"))
        await asyncio.sleep(2)
        await redis.config_resetstat()
        before = cpu_ms(server.pid or 0), cpu_ms(os.getpid())
        await asyncio.sleep(IDLE_SECONDS)
        sent = await commands_sent(redis) / IDLE_SECONDS / IDLE_WORKERS
        after = cpu_ms(server.pid or 0), cpu_ms(os.getpid())
    await redis.aclose()
    shares = [(now - then) / 10 / IDLE_SECONDS for now, then in zip(after, before, strict=True)]
    outcome.parts.append(
        f"{IDLE_WORKERS} idle workers: {sent:.2f} commands/s each, heartbeats included; "
        f"{shares[0]:.1f} % of a core in Redis, {shares[1]:.1f} % in the workers together."
    )
    outcome.at_most("commands of an idle worker", 1, sent, "/s")


if __name__ == "__main__":
    run_alone(measure, "workers")
