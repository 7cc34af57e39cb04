"""What a job costs, in counts that do not depend on the machine or its mood: `python -m benchmarks.costs`.

`--record` writes them to `benchmarks/costs.json`; a test fails when one of them has grown by over a tenth.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any
from unittest import mock

from arq.connections import ArqRedis
from pydantic_core import to_json

from benchmarks.kit.documents import sales_report
from benchmarks.kit.figures import say, table
from benchmarks.noop_worker import RESULT, NoopExecutor, noop_worker
from shared.job import JobSpec
from shared.launcher.embedded_redis import EmbeddedRedis
from shared.logs import setup_logging
from shared.queue.commands import QueueCommands, new_job_id
from shared.queue.leases import Leases
from shared.queue.link import Link, Sent
from shared.queue.payload import payload_of
from shared.redis import connect
from shared.settings import Settings
from worker.children.protocol import Done, Task, frame
from worker.render.engine import RenderRequest, render, warm_up

RECORDED = Path(__file__).with_name("costs.json")
JOBS = 50
#: jobs that come, are claimed and end in one moment
TOGETHER = 8
TABLE_ROWS = 500
Costs = dict[str, float]


def measure(redis_url: str) -> Costs:
    """All costs; the Redis must be empty."""
    settings = Settings(redis_url=redis_url, worker_concurrency=1, log_level="warning")
    setup_logging("costs", settings)
    return {
        **asyncio.run(_one_at_a_time(settings)),
        **asyncio.run(_under_load(settings)),
        **asyncio.run(_scripts(settings)),
        **_between_processes(),
        **_rendering(),
    }


def recorded() -> Costs:
    """The costs as they were last recorded."""
    costs: Costs = json.loads(RECORDED.read_text())
    return costs


async def _one_at_a_time(settings: Settings) -> Costs:
    """Each job is submitted when the one before it has completed, so that the worker is woken for each."""
    async with (
        _counting(settings) as (redis, commands, _),
        noop_worker(settings, "w", heartbeat=False) as executor,
    ):
        await _idle(redis)
        with _round_trips() as writes:
            await _submit_each_when_the_last_is_done(redis, commands, executor)
    return {"one at a time: worker's round trips per job": (len(writes) - JOBS) / JOBS}


async def _submit_each_when_the_last_is_done(
    redis: ArqRedis, commands: QueueCommands, executor: NoopExecutor
) -> None:
    for number in range(JOBS):
        await commands.submit(_spec())
        await _until(partial(lambda done: bool(executor.completed >= done), number + 1))
        await _idle(redis)


@contextlib.contextmanager
def _round_trips() -> Iterator[list[int]]:
    """Gets the number of its commands at each write to Redis by a shared line; submits are among them."""
    writes: list[int] = []
    send = Link.send

    def counting(link: Link, batch: Sequence[Sent]) -> None:
        writes.append(len(batch))
        send(link, batch)

    with mock.patch.object(Link, "send", counting):
        yield writes


async def _under_load(settings: Settings) -> Costs:
    """All jobs wait before the worker starts."""
    async with _counting(settings) as (_, commands, _calls):
        for _number in range(JOBS):
            await commands.submit(_spec())
        with _round_trips() as writes:
            async with noop_worker(settings, "w", heartbeat=False) as executor:
                await _until(lambda: executor.completed >= JOBS)
                made = len(writes)
    return {"under load: worker's round trips per job": made / JOBS}


async def _scripts(settings: Settings) -> Costs:
    """Redis commands inside one script, and bytes to and from Redis for one job from submit to complete."""
    async with _counting(settings) as (redis, commands, calls):
        leases = Leases(redis, "w", settings.lease_ms, settings.poison_limit)
        await commands.submit(_spec())
        (job,) = (await leases.claim(1)).jobs
        await leases.complete(job, RESULT)
        costs: Costs = {}
        await redis.config_resetstat()
        await commands.submit(_spec())
        costs["submit: commands in the script"] = sum((await calls()).values()) - 1
        await redis.config_resetstat()
        (job,) = (await leases.claim(1)).jobs
        costs["claim: commands in the script"] = sum((await calls()).values()) - 1
        await redis.config_resetstat()
        await leases.complete(job, RESULT)
        costs["complete: commands in the script"] = sum((await calls()).values()) - 1
        await redis.config_resetstat()
        await asyncio.gather(*(commands.submit(_spec()) for _ in range(TOGETHER)))
        jobs = (await leases.claim(TOGETHER)).jobs
        await asyncio.gather(*(leases.complete(job, RESULT) for job in jobs))
        costs[f"{TOGETHER} jobs at once: commands in Redis per job"] = (
            sum((await calls()).values()) / TOGETHER
        )
        await redis.config_resetstat()
        await commands.submit(_spec())
        (job,) = (await leases.claim(1)).jobs
        await leases.complete(job, RESULT)
        costs["bytes to and from Redis per job"] = await _bytes(redis)
    return costs


def _between_processes() -> Costs:
    task = Task("x" * 32, 1_700_000_000_000, "/uploads/.tmp/x.pdf", 20_000, 5_000_000, 25_000_000, 60.0)
    done = Done("sales", 34_000, 2, "0" * 64, 40, 40, (), (), 4.25, 81.5)
    return {
        "bytes to a render child per job, without the payload": len(frame(to_json(task)) + frame(b"")),
        "bytes from a render child per job": len(frame(to_json({"done": done}))),
        "bytes of the payload of the 40-row report": len(payload_of(_spec())),
    }


def _rendering() -> Costs:
    """Calls of Python functions: how much Python runs for a document, whatever the machine."""
    warm_up()
    report = sales_report()
    columns = [{"key": key, "label": key} for key in ("item", "quantity", "amount", "day")]
    rows = [
        {"item": f"Item {n}", "quantity": n, "amount": n * 1.25, "day": "2026-01-31"}
        for n in range(TABLE_ROWS)
    ]
    return {
        "Python calls of the 40-row report": _calls("sales", report["data"]),
        f"Python calls a row of a {TABLE_ROWS}-row table": _calls("table", {"columns": columns, "rows": rows})
        / TABLE_ROWS,
    }


def _calls(report_type: str, data: dict[str, Any]) -> int:
    count = 0

    def on_event(_frame: object, event: str, _argument: object) -> None:
        nonlocal count
        count += event == "call"

    with tempfile.TemporaryDirectory() as folder:
        request = RenderRequest("job", report_type, None, data, 0, 1000)
        render(request, Path(folder) / "warm.pdf", lambda percent, stage: None)
        sys.setprofile(on_event)
        try:
            render(request, Path(folder) / "x.pdf", lambda percent, stage: None)
        finally:
            sys.setprofile(None)
    return count


@contextlib.asynccontextmanager
async def _counting(
    settings: Settings,
) -> AsyncIterator[tuple[ArqRedis, QueueCommands, Callable[[], Awaitable[dict[str, int]]]]]:
    """A client of an empty Redis, and a function that tells how often each command was called since."""
    redis = connect(settings, "costs")
    await redis.flushall()
    # a script that Redis does not know yet would be counted twice
    commands, leases = QueueCommands(redis), Leases(redis, "w", settings.lease_ms, settings.poison_limit)
    await commands.submit(_spec())
    for job in (await leases.claim(1)).jobs:
        await leases.complete(job, RESULT)
    await redis.flushall()
    await redis.config_resetstat()

    async def calls() -> dict[str, int]:
        stats = await redis.info("commandstats")
        known = {name.removeprefix("cmdstat_"): int(stat["calls"]) for name, stat in stats.items()}
        return {
            "blpop": 0,
            **{name: count for name, count in known.items() if "|" not in name and name != "info"},
        }

    try:
        yield redis, commands, calls
    finally:
        await redis.aclose()


async def _bytes(redis: ArqRedis) -> int:
    stats = await redis.info("stats")
    return int(stats["total_net_input_bytes"]) + int(stats["total_net_output_bytes"])


async def _idle(redis: ArqRedis) -> None:
    """Waits until the worker waits for a wake token."""
    while not (await redis.info("clients"))["blocked_clients"]:
        pass


async def _until(probe: Callable[[], bool]) -> None:
    while not probe():  # noqa: ASYNC110 - in the same process, so the next turn of the loop may tell
        await asyncio.sleep(0)


def _spec() -> JobSpec:
    return JobSpec(
        job_id=new_job_id(), report_type="sales", data=sales_report()["data"], title="Sales report"
    )


def main() -> None:
    """Measures; prints or records."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.costs")
    parser.add_argument("--record", action="store_true", help="make these the figures to compare with")
    options = parser.parse_args()
    with EmbeddedRedis(None, append_only=False) as server:
        costs = {name: round(value, 2) for name, value in measure(server.url).items()}
    if options.record:
        RECORDED.write_text(json.dumps(costs, indent=2) + "\n")
    before = recorded() if RECORDED.exists() else {}
    say(
        table(["cost", "now", "recorded"], [[name, value, before.get(name)] for name, value in costs.items()])
    )


if __name__ == "__main__":
    main()
