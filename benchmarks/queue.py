"""What the queue alone costs, by how much waits and runs: `python -m benchmarks.queue`.

Claim and submit are measured as Redis's own time for a call (its command statistics), one call at a time;
a submit's rate is that of one client process with 16 calls under way. The jobs do nothing and have the
smallest payload. A million of them are made by copying a submitted one, key by key. Each queue has a
Redis of its own, and rounds alternate. The append-only files are off here: syncing would be most of the
time and has nothing to do with the depth.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import Self

import uvloop

from benchmarks.kit.budget import Budget
from benchmarks.kit.depth import Depth, spec
from benchmarks.kit.figures import Figure, say, table
from benchmarks.kit.outcome import Outcome, run_alone
from benchmarks.noop_worker import RESULT
from shared.launcher.embedded_redis import EmbeddedRedis
from shared.queue.commands import QueueCommands
from shared.queue.leases import Leases
from shared.redis import connect
from shared.settings import Settings

DEPTHS = (10, 100_000, 1_000_000)
RUNNING = 10_000
#: calls of a round; few enough that ten waiting jobs suffice
CLAIMS, SUBMITS, AT_ONCE = 8, 480, 16
ROUNDS = 31
LEASE_MS = 3_600_000
GROWTH = 1.3
#: claim in µs, claims/s, submit in µs, submits/s
Sample = tuple[float, float, float, float]


def measure(budget: Budget) -> Outcome:
    """Time of a claim and of a submit at each depth, and with many running jobs."""
    return uvloop.run(_measure(budget))


async def _measure(budget: Budget) -> Outcome:
    outcome = Outcome()
    async with contextlib.AsyncExitStack() as stack:
        depths = DEPTHS if budget.seconds >= 60 else DEPTHS[:2]
        benches = [await _Bench(f"{depth:,} waiting", depth).start(stack) for depth in depths]
        busy = await _Bench(f"{DEPTHS[0]:,} waiting, {RUNNING:,} running", DEPTHS[0]).start(stack, RUNNING)
        say(f"queue: filled, {budget.left():.0f} s are left")
        samples: dict[str, list[Sample]] = {bench.name: [] for bench in (*benches, busy)}
        for number in budget.rounds("queue", most=ROUNDS):
            for bench in (*benches, busy):
                sample = await bench.round()
                if number:
                    samples[bench.name].append(sample)
    figures = {name: [Figure(part) for part in zip(*taken, strict=True)] for name, taken in samples.items()}
    base = figures[benches[0].name][0].median
    rows = [[name, *found, f"{found[0].median / base:.2f}"] for name, found in figures.items()]
    head = [
        "queue",
        "µs a claim in Redis",
        "claims/s",
        "µs a submit in Redis",
        "submits/s",
        "claim : the first",
    ]
    outcome.parts.append(table(head, rows))
    for name, found in [*figures.items()][1:]:
        outcome.at_most(f"cost of a claim, {name} : 10 waiting", GROWTH, found[0].median / base)
    outcome.notes += budget.notes
    return outcome


class _Bench:
    """One Redis with jobs in it."""

    def __init__(self, name: str, waiting: int) -> None:
        self.name, self._waiting = name, waiting

    async def start(self, stack: contextlib.AsyncExitStack, running: int = 0) -> Self:
        """Starts the server and fills it."""
        server = stack.enter_context(EmbeddedRedis(None, append_only=False))
        self._redis = redis = connect(Settings(redis_url=server.url), "depth")
        stack.push_async_callback(redis.aclose)
        self._depth, self._commands = Depth(redis), QueueCommands(redis)
        self._leases = Leases(redis, "depth", LEASE_MS, 2)
        await self._depth.reach(self._waiting + running)
        while running > 0:
            running -= len((await self._leases.claim(min(running, 256))).jobs)
        return self

    async def round(self) -> Sample:
        """Claims, completes, submits; the depth afterwards is the one before."""
        await self._redis.config_resetstat()
        began = time.perf_counter()
        claimed = [(await self._leases.claim(1)).jobs[0] for _ in range(CLAIMS)]
        claims = CLAIMS / (time.perf_counter() - began)
        claim_us = await self._us_a_call()
        for job in claimed:
            await self._leases.complete(job, RESULT)
        await self._redis.config_resetstat()
        began = time.perf_counter()
        for _ in range(SUBMITS // AT_ONCE):
            await asyncio.gather(*(self._commands.submit(spec()) for _ in range(AT_ONCE)))
        submits = SUBMITS / (time.perf_counter() - began)
        submit_us = await self._us_a_call()
        surplus = await self._depth.waiting() - self._waiting
        while surplus > 0:
            batch = (await self._leases.claim(min(surplus, 256))).jobs
            await asyncio.gather(*(self._leases.complete(job, RESULT) for job in batch))
            surplus -= len(batch)
        return claim_us, claims, submit_us, submits

    async def _us_a_call(self) -> float:
        stats = await self._redis.info("commandstats")
        return float(stats["cmdstat_evalsha"]["usec_per_call"])


if __name__ == "__main__":
    run_alone(measure, "queue")
