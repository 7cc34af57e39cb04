"""What a lease, its fence and its end mean for a running job."""

from __future__ import annotations

import asyncio

import pytest
from arq.connections import ArqRedis

from shared.errors import LeaseLost
from shared.job import JobState
from shared.queue import keys
from shared.queue.commands import QueueCommands
from shared.queue.leases import HandBack, Leases, LostLease
from shared.queue.maintenance import Maintenance
from shared.queue.reads import QueueReads
from shared.storage import report_file_name
from tests.factories import RESULT, JobFactory, spec


async def test_a_stalled_job_goes_first_again_under_a_larger_fence(
    jobs: JobFactory, commands: QueueCommands, leases: Leases, upkeep: Maintenance
) -> None:
    before = await jobs.claimed()
    stalled = before.id
    await commands.submit(spec())
    await jobs.expire_lease(stalled)
    (report,) = (await upkeep.sweep()).stalled
    assert (report.state, report.worker_id) == (JobState.WAITING, "w1")
    (job,) = (await leases.claim(1)).jobs
    assert (job.id, job.attempt) == (stalled, 2)
    assert job.fence > before.fence
    assert await jobs.events(stalled) == ["submitted", "claimed", "stalled", "claimed"]


async def test_a_job_whose_lease_ended_is_claimed_even_without_a_scheduler(
    jobs: JobFactory, redis: ArqRedis
) -> None:
    before = await jobs.claimed()
    await jobs.expire_lease(before.id)
    (job,) = (await Leases(redis, "w2", 10_000, 2).claim(1)).jobs
    assert job.id == before.id
    assert job.fence > before.fence


async def test_a_job_that_loses_its_worker_twice_fails_as_poison(
    jobs: JobFactory, leases: Leases, upkeep: Maintenance, reads: QueueReads
) -> None:
    job_id = await jobs.active()
    await jobs.expire_lease(job_id)
    await upkeep.sweep()
    await leases.claim(1)
    await jobs.expire_lease(job_id)
    await upkeep.sweep()
    job = await reads.job(job_id)
    assert job is not None
    assert (job.state, job.stalls) == (JobState.FAILED, 2)
    assert "poison" in (job.failed_reason or "")
    assert (job.error or {})["type"] == "PoisonLimit"


async def test_a_stall_never_starts_more_attempts_than_allowed(
    jobs: JobFactory, upkeep: Maintenance, reads: QueueReads
) -> None:
    job_id = await jobs.active(max_attempts=1)
    await jobs.expire_lease(job_id)
    await upkeep.sweep()
    job = await reads.job(job_id)
    assert job is not None
    assert (job.state, job.attempts) == (JobState.FAILED, 1)


async def test_a_heartbeat_keeps_the_lease_and_names_what_is_lost(
    jobs: JobFactory, leases: Leases, commands: QueueCommands, upkeep: Maintenance
) -> None:
    kept = await jobs.claimed()
    cancelled = await jobs.claimed()
    await commands.cancel(cancelled.id)
    await jobs.expire_lease(kept.id)
    lost = await leases.heartbeat([(kept.id, kept.fence), (cancelled.id, cancelled.fence)], {"pid": "1"})
    assert lost == [LostLease(cancelled.id, cancelled.fence, JobState.CANCELLED)]
    assert (await upkeep.sweep()).stalled == ()


async def test_a_heartbeat_of_a_stale_fence_does_not_renew(
    jobs: JobFactory, leases: Leases, upkeep: Maintenance, redis: ArqRedis
) -> None:
    old = await jobs.claimed()
    await jobs.expire_lease(old.id)
    await upkeep.sweep()
    await Leases(redis, "w2", 10_000, 2).claim(1)
    await jobs.expire_lease(old.id)
    assert [lost.job_id for lost in await leases.heartbeat([(old.id, old.fence)], {})] == [old.id]
    assert [job.job_id for job in (await upkeep.sweep()).stalled] == [old.id]


async def test_progress_never_runs_backwards_within_an_attempt(
    jobs: JobFactory, leases: Leases, reads: QueueReads
) -> None:
    job = await jobs.claimed()
    await leases.progress(job, 60, "table")
    await leases.progress(job, 40, "late")
    record = await reads.job(job.id)
    assert record is not None
    assert (record.progress, record.stage) == (60, "table")


async def test_progress_under_a_stale_fence_is_refused(
    jobs: JobFactory, leases: Leases, commands: QueueCommands
) -> None:
    job = await jobs.claimed()
    await commands.cancel(job.id)
    with pytest.raises(LeaseLost):
        await leases.progress(job, 10, "late")


async def test_cancelling_a_running_job_tells_its_worker(
    jobs: JobFactory, commands: QueueCommands, redis: ArqRedis
) -> None:
    job = await jobs.claimed()
    assert await commands.cancel(job.id) is JobState.ACTIVE
    ((_, message),) = await redis.xrange(keys.inbox("w1"))
    assert message == {b"type": b"cancel", b"jobId": job.id.encode(), b"fence": str(job.fence).encode()}


async def test_a_refused_write_says_that_the_job_was_cancelled(
    jobs: JobFactory, leases: Leases, commands: QueueCommands
) -> None:
    job = await jobs.claimed()
    await commands.cancel(job.id)
    with pytest.raises(LeaseLost) as progress:
        await leases.progress(job, 10, "late")
    with pytest.raises(LeaseLost) as complete:
        await leases.complete(job, RESULT)
    assert (progress.value.state, complete.value.state) == ("cancelled", "cancelled")


@pytest.mark.parametrize("ahead_ms", [0, 3_600_000], ids=["clock right", "clock set back"])
async def test_no_two_workers_share_a_fence_when_redis_has_lost_a_claim(
    jobs: JobFactory, redis: ArqRedis, reads: QueueReads, ahead_ms: int
) -> None:
    """As after a failover to a replica that had not heard of it yet."""
    job_id = await jobs.waiting()
    if ahead_ms:
        await redis.hset(keys.job(job_id), "fence", await reads.now_ms() + ahead_ms)
    old = {key: await redis.dump(key) for key in await redis.keys("*")}
    first, second = Leases(redis, "w1", 10_000, 2), Leases(redis, "w2", 10_000, 2)
    (lost,) = (await first.claim(1)).jobs
    await redis.flushall()
    for key, value in old.items():
        await redis.restore(key, 0, value)
    await asyncio.sleep(0.002)
    (held,) = (await second.claim(1)).jobs
    assert (lost.id, held.id) == (job_id, job_id)
    with pytest.raises(LeaseLost):
        await first.complete(lost, RESULT)
    assert report_file_name("test", job_id, lost.fence) != report_file_name("test", job_id, held.fence)
    assert not await first.release(lost, HandBack.SHUTDOWN)
    await second.complete(held, RESULT)
    job = await reads.job(job_id)
    assert job is not None
    assert (job.state, job.worker_id) == (JobState.COMPLETED, "w2")
