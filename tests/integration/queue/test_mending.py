"""What the scheduler puts right where records and queue disagree."""

from __future__ import annotations

import asyncio

from arq.connections import ArqRedis

from shared.job import JobState
from shared.queue import keys
from shared.queue.commands import QueueCommands
from shared.queue.leases import Leases
from shared.queue.maintenance import Maintenance
from shared.queue.reads import QueueReads
from tests.factories import JobFactory, spec


async def test_mending_restores_a_lost_queue_entry(
    jobs: JobFactory, upkeep: Maintenance, redis: ArqRedis, leases: Leases
) -> None:
    ids = [await jobs.waiting(priority=2), await jobs.delayed()]
    active = await jobs.claimed(priority=0)
    await redis.delete(keys.QUEUE)
    repaired = {mended.job_id for mended in await upkeep.mend()}
    assert repaired == {*ids, active.id}
    assert [job.id for job in (await leases.claim(3)).jobs] == [ids[0]]
    assert await upkeep.mend() == []


async def test_mending_fails_a_job_whose_payload_is_gone(
    jobs: JobFactory, upkeep: Maintenance, redis: ArqRedis, reads: QueueReads
) -> None:
    job_id = await jobs.waiting()
    await redis.delete(keys.payload(job_id))
    await upkeep.mend()
    job = await reads.job(job_id)
    assert job is not None
    assert (job.state, job.failed_reason) == (JobState.FAILED, "its payload was lost")


async def test_mending_drops_entries_of_nobody_and_of_finished_jobs(
    jobs: JobFactory, upkeep: Maintenance, redis: ArqRedis
) -> None:
    finished = await jobs.completed()
    await redis.zadd(keys.QUEUE, {"nobody": 1, finished: 1})
    assert {mended.job_id for mended in await upkeep.mend()} == {"nobody", finished}
    assert await redis.zcard(keys.QUEUE) == 0


async def test_mending_pages_through_more_than_one_page(
    commands: QueueCommands, upkeep: Maintenance, redis: ArqRedis
) -> None:
    await asyncio.gather(*(commands.submit(spec()) for _ in range(1_203)))
    await redis.delete(keys.QUEUE)
    assert len(await upkeep.mend()) == 1_203
    assert await redis.zcard(keys.QUEUE) == 1_203
