"""A long history of finished jobs, made quickly: one script writes thousands of them per call."""

from __future__ import annotations

import asyncio
import statistics
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import orjson
import redis

from shared.queue.composing import compose
from shared.queue.keys import QUEUE
from shared.queue.reads.search import SearchText
from shared.redis import connect
from shared.settings import Settings

BATCH: Final = 2_000
DAY_MS: Final = 86_400_000
#: report types and how many of 100 jobs are of each
TYPES: Final = {
    "sales": 40,
    "inventory": 20,
    "performance": 15,
    "test": 10,
    "table": 8,
    "invoice": 5,
    "document": 2,
}
TENANTS: Final = tuple(f"tenant-{number:02}" for number in range(20))
WORDS: Final = (
    *("Sales", "of", "March", "North", "South", "weekly", "stock", "invoice", "Müller", "Q3", "draft"),
    "store",
)


@dataclass(frozen=True, slots=True)
class Filled:
    """What `fill` made."""

    seconds: float
    #: bytes in Redis per job, without its payload, and of its payload
    record_bytes: float
    payload_bytes: float


def fill(url: str, jobs: int, days: float) -> Filled:
    """Fills an empty Redis with `jobs` finished jobs, spread evenly over the last `days` days."""
    began = time.monotonic()
    client = redis.Redis.from_url(url)
    before = client.info("memory")["used_memory"]
    script = client.register_script(_script())
    choices = orjson.dumps({"types": list(TYPES.items()), "tenants": TENANTS, "words": WORDS})
    span_ms = days * DAY_MS
    start_ms = time.time() * 1000 - span_ms
    for first in range(0, jobs, BATCH):
        count = min(BATCH, jobs - first)
        script(keys=[QUEUE], args=[first, count, jobs, start_ms, span_ms / jobs, choices])
    asyncio.run(_seal(url))
    used = client.info("memory")["used_memory"] - before
    sample = [key for key, _ in zip(client.scan_iter("arq:job:*", 1000), range(1000), strict=False)]
    payload = statistics.mean(client.memory_usage(key) for key in sample)
    client.close()
    return Filled(time.monotonic() - began, used / jobs - payload, payload)


def _script() -> str:
    return compose((Path(__file__).parent.parent / "history.lua").read_text())


async def _seal(url: str) -> None:
    """Deflates the full chunks of the search text, as the scheduler does when they are full."""
    client = connect(Settings(redis_url=url), "history")
    await SearchText(client).seal_full_chunks()
    await client.aclose()
