"""The scheduler's duties on a real Redis and a real folder."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from arq.connections import ArqRedis
from redis.exceptions import NoPermissionError

from scheduler import retention, sweep
from scheduler.lost_workers import LostWorkers
from scheduler.retention import Forgotten, Limit
from shared.errors import LeaseLost
from shared.job import JobState
from shared.metrics import REGISTRY
from shared.queue import keys
from shared.queue.commands import QueueCommands
from shared.queue.connections import ConnectionReads
from shared.queue.leases import Leases
from shared.queue.maintenance import Maintenance
from shared.queue.reads import QueueReads
from shared.redis import connect
from shared.settings import Settings
from shared.storage import LocalStorage
from tests.factories import RESULT, JobFactory


@pytest.fixture
async def lost_workers(upkeep: Maintenance, settings: Settings) -> AsyncIterator[LostWorkers]:
    watching = connect(settings, "watch", max_connections=1)
    yield LostWorkers(upkeep, ConnectionReads(watching), grace_seconds=0.05)
    await watching.aclose()


# leadership


async def test_one_scheduler_sweeps_at_a_time(jobs: JobFactory, upkeep: Maintenance, redis: ArqRedis) -> None:
    job_id = await jobs.active()
    await jobs.expire_lease(job_id)
    other = Maintenance(redis, "s2", 2, 1.0)
    assert (await other.sweep()).stalled == ()
    assert not other.leads
    assert [job.job_id for job in (await upkeep.sweep()).stalled] == [job_id]


async def test_a_leader_that_slept_is_refused_after_another_took_over(
    jobs: JobFactory, upkeep: Maintenance, redis: ArqRedis
) -> None:
    other = Maintenance(redis, "s2", 2, 1.0)
    await redis.delete(keys.SCHEDULER)  # what the end of its time does
    await other.sweep()
    job_id = await jobs.active()
    await jobs.expire_lease(job_id)
    before = await jobs.snapshot(job_id)
    await upkeep.sweep()
    assert await upkeep.hand_back("w1", 2**52, 0) == []
    assert not upkeep.leads
    assert await jobs.snapshot(job_id) == before


async def test_the_leadership_ends_by_itself(upkeep: Maintenance, redis: ArqRedis) -> None:
    assert 0 < await redis.pttl(keys.SCHEDULER) <= 3_000


async def test_a_scheduler_that_ends_leaves_the_leadership_to_the_next(
    upkeep: Maintenance, redis: ArqRedis
) -> None:
    other = Maintenance(redis, "s2", 2, 1.0)
    await other.resign()
    await other.sweep()
    assert not other.leads
    await upkeep.resign()
    await other.sweep()
    assert other.leads


# outages


async def test_leases_that_ended_while_redis_was_away_are_not_judged_at_once(
    jobs: JobFactory, upkeep: Maintenance, redis: ArqRedis, leases: Leases
) -> None:
    job = await jobs.claimed()
    await jobs.expire_lease(job.id, ago_ms=50_000)
    await redis.set("report:pulse", await QueueReads(redis).now_ms() - 60_000)
    assert (await Leases(redis, "w2", 10_000, 2).claim(1)).jobs == ()
    swept = await upkeep.sweep()
    assert swept.stalled == ()
    assert await leases.heartbeat([(job.id, job.fence)], {}) == []
    await leases.complete(job, RESULT)


async def test_a_worker_that_does_not_come_back_after_an_outage_loses_its_jobs(
    jobs: JobFactory, upkeep: Maintenance, redis: ArqRedis
) -> None:
    job_id = await jobs.active()
    await jobs.expire_lease(job_id)
    await redis.set("report:pulse", 1)
    assert (await upkeep.sweep()).reprieved == 1
    await redis.delete("report:reprieve")  # what the end of its time does
    await jobs.expire_lease(job_id)
    assert [job.job_id for job in (await upkeep.sweep()).stalled] == [job_id]


async def test_jobs_that_waited_when_redis_set_its_clock_back_are_claimed_in_their_order(
    jobs: JobFactory, leases: Leases, upkeep: Maintenance
) -> None:
    ids = [await jobs.waiting() for _ in range(4)]
    await jobs.clock_was_set_back(*ids)
    last = await jobs.waiting()
    await upkeep.sweep()
    claim = await leases.claim(5)
    assert [job.id for job in claim.jobs if job.id != last] == ids
    assert len(claim.jobs) == 5


async def test_the_sweep_wakes_somebody_for_jobs_of_every_priority(
    jobs: JobFactory, upkeep: Maintenance, redis: ArqRedis
) -> None:
    await jobs.waiting(priority=9)
    await redis.delete(keys.WAKE)  # a frozen worker took the token
    await upkeep.sweep()
    assert await redis.llen(keys.WAKE) > 0


# lost workers


async def test_a_worker_without_connections_loses_its_jobs_long_before_its_leases_end(
    jobs: JobFactory, lost_workers: LostWorkers, settings: Settings, leases: Leases, reads: QueueReads
) -> None:
    worker = connect(settings, "pressroom:worker:w1")
    await worker.ping()
    job = await jobs.claimed()
    await lost_workers.run_once()
    await worker.aclose()
    looked = await lost_workers.run_once()
    assert (looked.handed_back, looked.next_look_seconds is not None) == ((), True)
    await asyncio.sleep(0.06)  # the grace, on Redis's clock
    looked = await lost_workers.run_once()
    assert [(item.job_id, item.state) for item in looked.handed_back] == [(job.id, JobState.WAITING)]
    with pytest.raises(LeaseLost):
        await leases.complete(job, RESULT)
    (again,) = (await leases.claim(1)).jobs
    assert again.lost_ms is not None
    await leases.complete(again, RESULT)
    reclaims, completions = await reads.recoveries()
    assert (len(reclaims), len(completions)) == (1, 1)
    assert completions[0] >= reclaims[0] >= 50


async def test_a_scheduler_that_takes_over_knows_who_was_connected_before(
    jobs: JobFactory, redis: ArqRedis, settings: Settings
) -> None:
    standby = Maintenance(redis, "s2", 2, 1.0)
    watching = connect(settings, "watch", max_connections=1)
    lost_workers = LostWorkers(standby, ConnectionReads(watching), grace_seconds=0.05)
    worker = connect(settings, "pressroom:worker:w1")
    await worker.ping()
    job = await jobs.claimed()
    await lost_workers.run_once()
    await worker.aclose()
    await lost_workers.run_once()
    await asyncio.sleep(0.06)  # the grace, on Redis's clock
    assert (await lost_workers.run_once()).handed_back == ()
    await standby.sweep()
    assert standby.leads
    assert [item.job_id for item in (await lost_workers.run_once()).handed_back] == [job.id]
    await watching.aclose()


async def test_a_worker_that_reconnects_within_the_grace_keeps_its_jobs(
    jobs: JobFactory, lost_workers: LostWorkers, settings: Settings
) -> None:
    worker = connect(settings, "pressroom:worker:w1")
    await worker.ping()
    job_id = await jobs.active()
    await lost_workers.run_once()
    await worker.aclose()
    await lost_workers.run_once()
    worker = connect(settings, "pressroom:worker:w1")
    await worker.ping()
    before = await jobs.snapshot(job_id)
    await asyncio.sleep(0.06)
    assert (await lost_workers.run_once()).handed_back == ()
    assert await jobs.snapshot(job_id) == before
    await worker.aclose()


async def test_a_heartbeat_after_the_worker_was_seen_gone_keeps_its_jobs(
    jobs: JobFactory, upkeep: Maintenance, leases: Leases, reads: QueueReads
) -> None:
    job = await jobs.claimed()
    gone_ms = await reads.now_ms()
    await leases.heartbeat([(job.id, job.fence)], {})
    assert await upkeep.hand_back("w1", gone_ms, gone_ms) is None


async def test_a_lost_workers_jobs_are_found_on_every_page(
    commands: QueueCommands, upkeep: Maintenance, redis: ArqRedis, reads: QueueReads, jobs: JobFactory
) -> None:
    await asyncio.gather(*(jobs.waiting() for _ in range(900)))
    for worker in ("w1", "w2", "w3") * 30:
        await Leases(redis, worker, 10_000, 2).claim(10)
    found = await upkeep.hand_back("w2", await reads.now_ms() + 1, 0)
    assert found is not None
    assert len({item.job_id for item in found}) == 300
    assert (await reads.counts())[JobState.ACTIVE] == 600


def counted_stalls() -> float:
    return REGISTRY.get_sample_value("pressroom_jobs_stalled_total", {"state": "waiting"}) or 0


async def test_jobs_of_a_lost_worker_that_had_not_begun_are_not_counted_as_stalled(
    jobs: JobFactory, lost_workers: LostWorkers, settings: Settings, leases: Leases
) -> None:
    worker = connect(settings, "pressroom:worker:w1")
    await worker.ping()
    for _ in range(3):
        await jobs.waiting()
    await leases.claim(3, None, 1)
    await lost_workers.run_once()
    await worker.aclose()
    await lost_workers.run_once()
    await asyncio.sleep(0.06)  # the grace, on Redis's clock
    before = counted_stalls()
    assert len((await lost_workers.run_once()).handed_back) == 3
    assert counted_stalls() == before + 1


async def test_jobs_whose_lease_ended_before_they_began_are_not_counted_as_stalled(
    jobs: JobFactory, upkeep: Maintenance, leases: Leases
) -> None:
    for _ in range(3):
        await jobs.waiting()
    for job in (await leases.claim(3, None, 1)).jobs:
        await jobs.expire_lease(job.id)
    before = counted_stalls()
    assert len((await sweep.run_once(upkeep)).stalled) == 3
    assert counted_stalls() == before + 1


async def test_a_redis_that_hides_its_connections_leaves_it_to_the_leases(
    jobs: JobFactory, lost_workers: LostWorkers, monkeypatch: pytest.MonkeyPatch
) -> None:
    await jobs.active()
    asked = []

    async def refuse(self: ConnectionReads, *listing: str) -> None:
        asked.append(listing)
        raise NoPermissionError("this user has no permissions to run the 'client|list' command")

    monkeypatch.setattr("shared.queue.connections.ConnectionReads._ask", refuse)
    for _ in range(3):
        assert (await lost_workers.run_once()).handed_back == ()
    assert len(asked) == 1


# retention


async def test_old_jobs_and_their_pdfs_are_forgotten(
    jobs: JobFactory, upkeep: Maintenance, storage: LocalStorage, redis: ArqRedis, reads: QueueReads
) -> None:
    old, failed, running = await jobs.completed(), await jobs.failed(), await jobs.active()
    new = await jobs.completed()
    await redis.zincrby(keys.index(JobState.COMPLETED), -10_000, old)
    file = storage.path(RESULT["fileName"])
    file.write_bytes(b"%PDF-")
    limits = {JobState.COMPLETED: Limit(5_000, None), JobState.FAILED: Limit(5_000, None)}
    assert await retention.run_once(upkeep, storage, limits) == Forgotten(1, 1)
    assert not file.exists()
    assert [job is not None for job in await reads.jobs([old, failed, running, new])] == [
        False,
        True,
        True,
        True,
    ]
    assert await redis.keys(f"*{old}*") == []


async def test_the_newest_jobs_stay_when_there_are_too_many(
    jobs: JobFactory, upkeep: Maintenance, storage: LocalStorage, reads: QueueReads
) -> None:
    ids = [await jobs.cancelled() for _ in range(5)]
    forgotten = await retention.run_once(upkeep, storage, {JobState.CANCELLED: Limit(None, 2)})
    assert forgotten.jobs == 3
    assert [job is not None for job in await reads.jobs(ids)].count(True) == 2


async def test_an_idempotency_key_of_a_forgotten_job_makes_a_new_one(
    jobs: JobFactory, commands: QueueCommands
) -> None:
    first = await jobs.cancelled(idempotency_key="k", body_hash="h")
    await commands.remove(first)
    second = await jobs.waiting(idempotency_key="k", body_hash="h")
    assert second != first
