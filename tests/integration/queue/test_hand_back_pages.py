"""What a lost worker had is taken back whole, though other workers renew their leases meanwhile."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from arq.connections import ArqRedis

from shared.queue import maintenance
from shared.queue.commands import QueueCommands
from shared.queue.leases import Leases
from shared.queue.maintenance import Maintenance
from tests.factories import spec


async def test_jobs_that_slide_to_a_page_that_was_seen_are_found(
    redis: ArqRedis, commands: QueueCommands, upkeep: Maintenance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(maintenance, "LOST_PAGE", 10)
    lost, other = Leases(redis, "w1", 10_000, 2), Leases(redis, "w2", 10_000, 2)
    await commands.submit_batch([spec() for _ in range(40)])
    first = (await other.claim(10)).jobs
    await asyncio.sleep(0.002)  # leases of one moment are in no order
    owned = (await lost.claim(10)).jobs
    await asyncio.sleep(0.002)
    await other.claim(20)
    seconds, _ = await redis.time()
    gone_ms = seconds * 1000 + 2000
    run, calls = upkeep._run, 0

    async def renew_after_the_first_page(name: str, *arguments: Any) -> Any:
        nonlocal calls
        answer = await run(name, *arguments)
        calls += 1
        if calls == 1:
            await asyncio.sleep(0.002)
            await other.heartbeat([(job.id, job.fence) for job in first], {})
        return answer

    monkeypatch.setattr(upkeep, "_run", renew_after_the_first_page)
    handed_back = await upkeep.hand_back("w1", gone_ms, gone_ms)
    assert handed_back is not None
    assert {job.job_id for job in handed_back} == {job.id for job in owned}
