"""What somebody did to a record by hand stops neither the sweep nor anybody else's job."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from arq.connections import ArqRedis

from shared.job import JobState
from shared.queue import keys
from shared.queue.dataset_use import DatasetUsers
from shared.queue.leases import HandBack, Leases
from shared.queue.maintenance import Maintenance
from shared.queue.reads import QueueReads
from tests.factories import JobFactory

FIELDS = (
    *("timeoutSeconds", "createdAt", "maxAttempts", "priority", "availableAt"),
    *("fence", "attempts", "startedAt", "workerId", "stalls"),
)
UNFINISHED = {b"waiting", b"failed"}


async def damage(redis: ArqRedis, job_id: str, field: str, value: str | None) -> None:
    if value is None:
        await redis.hdel(keys.job(job_id), field)
    else:
        await redis.hset(keys.job(job_id), field, value)


async def of_another_kind(redis: ArqRedis, key: str) -> None:
    await redis.delete(key)
    await redis.sadd(key, "x")


@pytest.mark.parametrize("value", [None, "x"], ids=["missing", "unreadable"])
@pytest.mark.parametrize("field", sorted({*FIELDS} - {"stalls"}))
async def test_a_sweep_brings_back_what_stalled(
    jobs: JobFactory, upkeep: Maintenance, redis: ArqRedis, field: str, value: str | None
) -> None:
    bad, good = (await jobs.claimed()).id, (await jobs.claimed()).id
    await damage(redis, bad, field, value)
    await jobs.expire_lease(bad, 100)
    await jobs.expire_lease(good)
    assert {job.job_id for job in (await upkeep.sweep()).stalled} == {bad, good}
    states = [await redis.hget(keys.job(job_id), "state") for job_id in (bad, good)]
    assert states[0] in UNFINISHED
    assert states[1] == b"waiting"
    assert await upkeep.mend() == []


@pytest.mark.parametrize("value", [None, "x"], ids=["missing", "unreadable"])
@pytest.mark.parametrize("field", ["fence", "attempts", "priority", "availableAt", "startedAt"])
async def test_what_a_lost_worker_had_is_handed_back(
    jobs: JobFactory, upkeep: Maintenance, redis: ArqRedis, field: str, value: str | None
) -> None:
    bad, good = (await jobs.claimed()).id, (await jobs.claimed()).id
    await damage(redis, bad, field, value)
    seconds, _ = await redis.time()
    gone_ms = seconds * 1000 + 1000
    handed_back = await upkeep.hand_back("w1", gone_ms, gone_ms)
    assert handed_back is not None
    assert {job.job_id for job in handed_back} == {bad, good}


@pytest.mark.parametrize("field", ["attempts", "priority", "availableAt"])
async def test_a_release_and_a_disowning_need_no_whole_record(
    jobs: JobFactory, redis: ArqRedis, leases: Leases, field: str
) -> None:
    job = await jobs.claimed()
    await damage(redis, job.id, field, None)
    assert await leases.release(job, HandBack.SHUTDOWN)
    (job,) = (await leases.claim(1)).jobs
    await damage(redis, job.id, field, "x")
    await redis.hdel(keys.job(job.id), "fence")
    assert await leases.disown([]) == [job.id]


@pytest.mark.parametrize("state", [JobState.DELAYED, JobState.ACTIVE])
async def test_a_job_without_a_record_is_found_in_the_queue(
    jobs: JobFactory, upkeep: Maintenance, redis: ArqRedis, leases: Leases, reads: QueueReads, state: JobState
) -> None:
    gone, there = await jobs.in_state(state), await jobs.in_state(state)
    for job_id in (gone, there):
        await (jobs.make_due(job_id) if state is JobState.DELAYED else jobs.expire_lease(job_id))
    await redis.delete(keys.job(gone))
    await upkeep.sweep()
    assert upkeep.leads
    assert await redis.exists(keys.job(gone)) == 0
    assert {job.id for job in (await leases.claim(2)).jobs} == {gone, there}
    job = await reads.job(gone)
    assert job is not None
    assert job.state is JobState.ACTIVE


async def test_what_is_no_record_at_all_is_adopted_from_its_payload(
    jobs: JobFactory, upkeep: Maintenance, redis: ArqRedis, leases: Leases
) -> None:
    ids = [await jobs.waiting() for _ in range(3)]
    for job_id in ids[:2]:
        await redis.delete(keys.job(job_id))
        await redis.set(keys.job(job_id), "x")
    await upkeep.mend()
    assert await upkeep.mend() == []
    await redis.delete(keys.job(ids[0]))
    await redis.set(keys.job(ids[0]), "x")
    assert {job.id for job in (await leases.claim(3)).jobs} == {*ids}


@pytest.mark.parametrize("state", [*JobState])
async def test_a_damaged_job_can_be_looked_at_and_hides_no_other(
    jobs: JobFactory, redis: ArqRedis, reads: QueueReads, state: JobState
) -> None:
    bad, good, gone = [await jobs.in_state(state) for _ in range(3)]
    await redis.hset(keys.job(bad), mapping=dict.fromkeys((*FIELDS, "result", "error", "progress"), "x"))
    await redis.hset(keys.job(gone), "state", "x")
    found = await reads.jobs([bad, good, gone])
    assert [job and job.id for job in found] == [bad, good, None]
    document = await reads.document(bad)
    assert document is not None
    assert (document["state"], document["priority"]) == (state.value, 5)
    assert await reads.document(gone) is None


async def test_a_record_that_is_no_hash_hides_no_other(
    jobs: JobFactory, reads: QueueReads, redis: ArqRedis
) -> None:
    bad, good = await jobs.completed(), await jobs.completed()
    await redis.set(keys.job(bad), "no record")
    found, total = await reads.page(JobState.COMPLETED, 0, 10)
    assert ([job.id for job in found], total) == ([good], 2)
    assert await reads.job(bad) is None
    assert await reads.document(bad) is None


async def test_a_job_can_be_looked_at_without_what_is_no_payload_and_no_timeline(
    jobs: JobFactory, reads: QueueReads, redis: ArqRedis
) -> None:
    job_id = await jobs.completed()
    for key in (keys.payload(job_id), keys.log(job_id)):
        await redis.delete(key)
        await redis.sadd(key, "x")
    document = await reads.document(job_id)
    assert document is not None
    assert (document["jobData"], document["timeline"]) == (None, [])


@pytest.mark.parametrize("key_of", [keys.log, keys.payload, keys.job])
async def test_no_claim_stops_at_a_key_of_another_kind(
    jobs: JobFactory, leases: Leases, upkeep: Maintenance, redis: ArqRedis, key_of: Callable[[str], str]
) -> None:
    first, bad, last = [await jobs.waiting() for _ in range(3)]
    await of_another_kind(redis, key_of(bad))
    claimed = [job.id for job in (await leases.claim(5)).jobs]
    assert {first, last} <= {*claimed} <= {first, bad, last}
    for job_id in claimed:
        await jobs.expire_lease(job_id, 100)
    assert {job.job_id for job in (await upkeep.sweep()).stalled} == {*claimed}


async def test_a_stranger_whose_payload_is_of_another_kind_is_dropped(
    jobs: JobFactory, leases: Leases, upkeep: Maintenance, redis: ArqRedis
) -> None:
    await redis.sadd(keys.payload("stranger"), "x")
    await redis.zadd(keys.QUEUE, {"stranger": 5})
    job_id = await jobs.waiting()
    assert [job.id for job in (await leases.claim(5)).jobs] == [job_id]
    await redis.zadd(keys.QUEUE, {"stranger": 5})
    assert [(mended.job_id, mended.done) for mended in await upkeep.mend()] == [("stranger", True)]


async def test_a_job_that_cannot_be_mended_keeps_no_other_from_it(
    jobs: JobFactory, upkeep: Maintenance, redis: ArqRedis
) -> None:
    bad, good = await jobs.waiting(), await jobs.waiting()
    await redis.zrem(keys.QUEUE, bad, good)
    await redis.hset(keys.job(bad), "priority", "nan")
    for _ in range(2):
        mended = {item.job_id: item.done for item in await upkeep.mend()}
        assert mended.pop(bad) is False
    assert await redis.zscore(keys.QUEUE, good) is not None


@pytest.mark.parametrize("damage", ["record", "5", "null", "true", "[]"])
async def test_retention_goes_on_past_a_damaged_job(
    jobs: JobFactory, upkeep: Maintenance, redis: ArqRedis, damage: str
) -> None:
    bad, good = await jobs.completed(), await jobs.completed()
    if damage == "record":
        await of_another_kind(redis, keys.job(bad))
    else:
        await redis.hset(keys.job(bad), "result", damage)
    assert (await upkeep.expire(JobState.COMPLETED, None, 0)).jobs == 2
    assert await redis.exists(keys.job(bad), keys.job(good)) == 0


async def test_the_datasets_of_other_jobs_are_known(jobs: JobFactory, redis: ArqRedis) -> None:
    await of_another_kind(redis, keys.job(await jobs.waiting()))
    await redis.hset(keys.job(await jobs.waiting()), "datasets", "a,b")
    await of_another_kind(redis, keys.payload("stranger"))
    await redis.zadd(keys.QUEUE, {"stranger": 5})
    assert await DatasetUsers(redis).named() == {"a", "b"}
