"""What the scheduler puts right where records and queue disagree."""

from __future__ import annotations

import asyncio

import pytest
from arq.connections import ArqRedis

from shared.job import JobState
from shared.queue import keys, maintenance
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


async def test_mending_restores_a_running_job_to_its_index_and_its_lease_stays(
    jobs: JobFactory, upkeep: Maintenance, redis: ArqRedis
) -> None:
    job_id = await jobs.active()
    await redis.zrem(keys.index(JobState.ACTIVE), job_id)
    assert [mended.job_id for mended in await upkeep.mend()] == [job_id]
    lease = await redis.zscore(keys.QUEUE, job_id)
    assert await redis.zscore(keys.index(JobState.ACTIVE), job_id) == lease
    assert (await upkeep.sweep()).stalled == ()
    assert await upkeep.mend() == []


async def test_two_schedulers_do_not_lead_together_when_redis_has_forgotten_who_did(
    upkeep: Maintenance, redis: ArqRedis
) -> None:
    await upkeep.sweep()
    await redis.delete("report:scheduler", "report:scheduler:token")
    other = Maintenance(redis, "s2", 2, 1.0)
    await other.sweep()
    assert other._token == 1
    await upkeep.sweep()
    assert (upkeep.leads, other.leads) == (False, True)


async def test_a_round_of_mending_has_a_limit_and_the_next_one_goes_on(
    jobs: JobFactory, upkeep: Maintenance, redis: ArqRedis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(maintenance, "MEND_PAGE", 3)
    monkeypatch.setattr(maintenance, "MEND_PAGES", 2)
    ids = [await jobs.waiting() for _ in range(20)]
    await redis.zrem(keys.QUEUE, *ids[8:])
    rounds = [[mended.job_id for mended in await upkeep.mend()] for _ in range(4)]
    assert rounds == [[], ids[8:12], ids[12:18], ids[18:]]


async def test_claims_at_the_head_hide_nothing_from_mending(
    jobs: JobFactory, upkeep: Maintenance, redis: ArqRedis, leases: Leases, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(maintenance, "MEND_PAGE", 3)
    monkeypatch.setattr(maintenance, "MEND_PAGES", 1)
    ids = [await jobs.waiting() for _ in range(9)]
    await redis.zrem(keys.QUEUE, *ids[3:])
    assert await upkeep.mend() == []
    assert [job.id for job in (await leases.claim(3)).jobs] == ids[:3]
    rounds = [[mended.job_id for mended in await upkeep.mend()] for _ in range(2)]
    assert rounds == [ids[3:6], ids[6:]]


@pytest.mark.parametrize("page", [2, 3, 5, 9])
async def test_entries_of_one_score_are_all_looked_at(
    jobs: JobFactory, upkeep: Maintenance, redis: ArqRedis, monkeypatch: pytest.MonkeyPatch, page: int
) -> None:
    monkeypatch.setattr(maintenance, "MEND_PAGE", page)
    ids = [await jobs.waiting() for _ in range(9)]
    strangers = [f"stranger-{n}" for n in range(7)]
    await redis.zadd(keys.QUEUE, dict.fromkeys([*ids, *strangers], 5.5))
    await redis.zadd(keys.index(JobState.WAITING), dict.fromkeys(ids, 5.5))
    await redis.delete(*(keys.payload(job_id) for job_id in ids[::2]))
    repaired = [mended.job_id for mended in await upkeep.mend()]
    assert sorted(repaired) == sorted([*ids[::2], *strangers])
    assert await upkeep.mend() == []


async def test_another_leader_mends_from_the_start(
    jobs: JobFactory, upkeep: Maintenance, redis: ArqRedis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(maintenance, "MEND_PAGE", 2)
    monkeypatch.setattr(maintenance, "MEND_PAGES", 1)
    ids = [await jobs.waiting() for _ in range(4)]
    assert await upkeep.mend() == []
    other = Maintenance(redis, "s2", 2, 1.0)
    await redis.delete(keys.SCHEDULER)
    await redis.zrem(keys.QUEUE, *ids)
    assert [mended.job_id for mended in await other.mend()] == ids[:2]
    assert await upkeep.mend() == []
    await redis.delete(keys.SCHEDULER)
    await redis.zrem(keys.QUEUE, *ids)
    assert [mended.job_id for mended in await upkeep.mend()] == ids[:2]
