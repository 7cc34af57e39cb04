"""Which job is claimed, by whom, and when."""

from __future__ import annotations

import asyncio

from arq.connections import ArqRedis
from pydantic_core import from_json

from shared.queue import keys
from shared.queue.commands import QueueCommands
from shared.queue.leases import Leases
from shared.queue.maintenance import Maintenance
from shared.queue.reads import QueueReads
from tests.factories import JobFactory, spec


async def test_a_hundred_concurrent_claims_never_give_a_job_twice(
    redis: ArqRedis, commands: QueueCommands
) -> None:
    submitted = {(await commands.submit(spec())).job_id for _ in range(60)}
    workers = [Leases(redis, f"w{n}", 10_000, 2) for n in range(100)]
    claims = await asyncio.gather(*(worker.claim(2) for worker in workers))
    claimed = [job.id for claim in claims for job in claim.jobs]
    assert sorted(claimed) == sorted(submitted)


async def test_jobs_are_claimed_by_priority_and_then_in_order(
    commands: QueueCommands, leases: Leases
) -> None:
    order = [5, 9, 0, 5, 6, 1, 9, 4]
    ids = [(await commands.submit(spec(priority=priority))).job_id for priority in order]
    expected = [ids[index] for index in sorted(range(len(order)), key=lambda index: (order[index], index))]
    assert [job.id for job in (await leases.claim(8)).jobs] == expected


async def test_a_claim_takes_no_more_than_the_free_slots(commands: QueueCommands, leases: Leases) -> None:
    for _ in range(3):
        await commands.submit(spec())
    assert len((await leases.claim(2)).jobs) == 2
    assert (await leases.claim(0)).jobs == ()
    assert len((await leases.claim(5)).jobs) == 1


async def test_a_claimed_job_carries_its_payload_and_limits(jobs: JobFactory) -> None:
    job = await jobs.claimed(max_attempts=7, timeout_seconds=1.5, request_id="r-1", title="T")
    assert (job.attempt, job.max_attempts, job.timeout_seconds) == (1, 7, 1.5)
    assert from_json(job.payload)["k"] == {
        "reportType": "test",
        "data": {"period": "Q1", "revenue": 1},
        "title": "T",
    }


async def test_a_delayed_job_is_not_claimed_before_its_time(
    jobs: JobFactory, leases: Leases, upkeep: Maintenance
) -> None:
    job_id = await jobs.delayed(delay_ms=5_000)
    claim = await leases.claim(1)
    assert claim.jobs == ()
    assert claim.next_due_ms is not None
    assert 0 < claim.next_due_ms <= 5_000
    await jobs.make_due(job_id)
    assert (await upkeep.sweep()).promoted == 1
    assert [job.id for job in (await leases.claim(1)).jobs] == [job_id]


async def test_a_delayed_job_keeps_its_priority_when_it_falls_due(jobs: JobFactory, leases: Leases) -> None:
    low = await jobs.delayed(priority=9)
    await jobs.make_due(low)
    normal = await jobs.waiting()
    assert [job.id for job in (await leases.claim(2)).jobs] == [normal, low]


async def test_a_paused_queue_gives_nothing_until_it_is_resumed(
    jobs: JobFactory, commands: QueueCommands, leases: Leases, reads: QueueReads
) -> None:
    await jobs.waiting()
    assert await commands.pause()
    assert not await commands.pause()
    assert (await leases.claim(1)).jobs == ()
    assert await reads.is_paused()
    assert await commands.resume()
    assert len((await leases.claim(1)).jobs) == 1


async def test_submitting_wakes_one_idle_worker_per_job(commands: QueueCommands, redis: ArqRedis) -> None:
    for _ in range(3):
        await commands.submit(spec())
    assert await redis.llen(keys.WAKE) == 3


async def test_wake_tokens_do_not_pile_up(commands: QueueCommands, redis: ArqRedis) -> None:
    await asyncio.gather(*(commands.submit(spec()) for _ in range(200)))
    assert await redis.llen(keys.WAKE) == 64


async def test_the_queue_position_counts_who_comes_first(jobs: JobFactory, reads: QueueReads) -> None:
    await jobs.active()
    first, low, urgent = await jobs.waiting(), await jobs.waiting(priority=9), await jobs.waiting(priority=0)
    positions = [(await reads.document(job_id) or {})["queuePosition"] for job_id in (urgent, first, low)]
    assert positions == [0, 1, 2]
