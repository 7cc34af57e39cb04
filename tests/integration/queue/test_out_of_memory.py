"""Redis has reached `maxmemory`: new work is refused as a whole, and everything else goes on."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from arq.connections import ArqRedis

from shared.errors import QueueUnavailable
from shared.job import JobState
from shared.queue.commands import QueueCommands
from shared.queue.leases import HandBack, Leases
from shared.queue.maintenance import Maintenance
from shared.queue.reads import QueueReads
from tests.factories import ERROR, RESULT, JobFactory, spec


@contextlib.asynccontextmanager
async def out_of_memory(redis: ArqRedis) -> AsyncIterator[None]:
    await redis.config_set("maxmemory", "1")
    try:
        yield
    finally:
        await redis.config_set("maxmemory", "0")


async def test_what_was_taken_in_is_claimed_and_completed(
    redis: ArqRedis, jobs: JobFactory, leases: Leases
) -> None:
    await jobs.waiting(reuse_hash="aa", reuse_seconds=60)
    async with out_of_memory(redis):
        (job,) = (await leases.claim(1)).jobs
        await leases.progress(job, 50, "half")
        await leases.complete(job, RESULT)


async def test_an_attempt_fails_and_its_job_waits_for_the_next(
    redis: ArqRedis, jobs: JobFactory, leases: Leases
) -> None:
    job = await jobs.claimed()
    async with out_of_memory(redis):
        assert await leases.fail(job, ERROR, retryable=True, delay_ms=0) is JobState.WAITING


async def test_a_job_is_handed_back(redis: ArqRedis, jobs: JobFactory, leases: Leases) -> None:
    job = await jobs.claimed()
    async with out_of_memory(redis):
        assert await leases.release(job, HandBack.SHUTDOWN)


async def test_a_lease_is_renewed(
    redis: ArqRedis, jobs: JobFactory, leases: Leases, upkeep: Maintenance
) -> None:
    job = await jobs.claimed()
    await jobs.expire_lease(job.id)
    async with out_of_memory(redis):
        assert await leases.heartbeat([(job.id, job.fence)], {"pid": "1"}) == []
    assert (await upkeep.sweep()).stalled == ()


@pytest.mark.parametrize("state", [JobState.WAITING, JobState.DELAYED, JobState.ACTIVE])
async def test_a_job_is_cancelled_in_any_unfinished_state(
    redis: ArqRedis, jobs: JobFactory, commands: QueueCommands, state: JobState
) -> None:
    job_id = await jobs.in_state(state)
    async with out_of_memory(redis):
        assert await commands.cancel(job_id) is state


async def test_a_lost_workers_job_is_claimed_again(
    redis: ArqRedis, jobs: JobFactory, leases: Leases, upkeep: Maintenance
) -> None:
    job = await jobs.claimed()
    await jobs.expire_lease(job.id)
    async with out_of_memory(redis):
        assert [stalled.job_id for stalled in (await upkeep.sweep()).stalled] == [job.id]
        assert [again.id for again in (await leases.claim(1)).jobs] == [job.id]


async def test_a_job_is_removed(redis: ArqRedis, jobs: JobFactory, commands: QueueCommands) -> None:
    job_id = await jobs.completed()
    async with out_of_memory(redis):
        await commands.remove(job_id)


async def test_the_leading_scheduler_makes_room_by_forgetting_old_jobs(
    redis: ArqRedis, jobs: JobFactory, upkeep: Maintenance
) -> None:
    await upkeep.sweep()
    for _ in range(3):
        await jobs.completed()
    async with out_of_memory(redis):
        assert (await upkeep.expire(JobState.COMPLETED, None, 1)).jobs == 2


@pytest.mark.parametrize(
    "submit",
    [lambda commands: commands.submit(spec()), lambda commands: commands.submit_batch([spec(), spec()])],
    ids=["one", "batch"],
)
async def test_new_work_is_refused_and_changes_nothing(
    redis: ArqRedis,
    jobs: JobFactory,
    commands: QueueCommands,
    reads: QueueReads,
    submit: Callable[[QueueCommands], Awaitable[object]],
) -> None:
    job_id = await jobs.waiting()
    before = (await jobs.snapshot(job_id), await reads.counts())
    async with out_of_memory(redis):
        with pytest.raises(QueueUnavailable):
            await submit(commands)
    assert (await jobs.snapshot(job_id), await reads.counts()) == before
