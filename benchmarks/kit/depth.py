"""A queue of any depth, filled in seconds."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

from arq.connections import ArqRedis

from shared.job import JobSpec
from shared.queue.commands import QueueCommands, new_job_id

_SCRIPT = (Path(__file__).parents[1] / "deepen.lua").read_text()
_AT_ONCE = 5_000


def spec() -> JobSpec:
    """A job whose payload is as small as they get."""
    return JobSpec(job_id=new_job_id(), report_type="test", data={"period": "Q1", "revenue": 1})


class Depth:
    """Fills a Redis with waiting jobs: one is submitted, the others are its copies under ids of their own."""

    def __init__(self, redis: ArqRedis) -> None:
        self._redis, self._made = redis, 0

    async def reach(self, depth: int) -> None:
        """Adds jobs until that many wait, behind those that wait already."""
        template = spec()
        if await self.waiting() >= depth:
            return
        await QueueCommands(self._redis).submit(template)
        sets, keys = await self._places(template.job_id)
        missing = depth - await self.waiting()
        while missing > 0:
            count = min(_AT_ONCE, missing)
            arguments = (template.job_id, count, self._made, json.dumps(sets), json.dumps(keys))
            await self._redis.eval(_SCRIPT, 0, *map(str, arguments))
            self._made += count
            missing -= count

    async def waiting(self) -> int:
        """How many wait."""
        return int(await self._redis.zcard("report:index:waiting"))

    async def _places(self, job_id: str) -> tuple[list[str], list[str]]:
        """The sorted sets that hold the job, and the keys that end in its id."""
        keys = [key.decode() async for key in self._redis.scan_iter(match=f"*{job_id}", count=10_000)]
        shared = [key.decode() async for key in self._redis.scan_iter(match="report:*", _type="zset")]
        held = await asyncio.gather(*(self._redis.zscore(key, job_id) for key in shared))
        return [key for key, score in zip(shared, held, strict=True) if score is not None], keys
