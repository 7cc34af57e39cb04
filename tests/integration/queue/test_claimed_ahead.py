"""Jobs claimed ahead cost nothing when their worker is lost; a job that kills its workers is still found."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable

import pytest
from arq.connections import ArqRedis

from shared.errors import LeaseLost
from shared.job import JobState
from shared.queue import keys
from shared.queue.commands import QueueCommands
from shared.queue.leases import LOST_BEFORE_IT_BEGAN, HandBack, Leases, LostLease
from shared.queue.maintenance import Maintenance
from shared.queue.reads import QueueReads
from tests.factories import ERROR, RESULT, JobFactory, spec

LEASE_MS = 10_000
POISON_LIMIT = 2
WAITING, ACTIVE, FAILED = JobState.WAITING, JobState.ACTIVE, JobState.FAILED
PASSED = "report:ahead:passed:w1"


class Queue:
    """All sides of the queue, and how a worker can be lost."""

    def __init__(self, redis: ArqRedis, jobs: JobFactory) -> None:
        self.redis, self.jobs = redis, jobs
        self.commands, self.reads = QueueCommands(redis), QueueReads(redis)
        self.upkeep = Maintenance(redis, "s1", POISON_LIMIT, 1.0)
        self.leases = {
            name: Leases(redis, name, LEASE_MS, POISON_LIMIT) for name in ("w1", "w2", "w3", "w4", "w5")
        }

    async def submit(self, count: int, **changes: object) -> list[str]:
        return [(await self.commands.submit(spec(**changes))).job_id for _ in range(count)]

    async def claim(self, worker: str, slots: int, now: int, large: int | None = None) -> list[str]:
        return [job.id for job in (await self.leases[worker].claim(slots, large, now)).jobs]

    async def facts(self, job_id: str) -> tuple[JobState, int, int]:
        """State, attempts and stalls."""
        job = await self.reads.job(job_id)
        assert job is not None
        return job.state, job.attempts, job.stalls

    async def owned(self, worker: str) -> list[str]:
        ids = [raw.decode() for raw in await self.redis.zrange(keys.index(ACTIVE), 0, -1)]
        return [job.id for job in await self.reads.jobs(ids) if job and job.worker_id == worker]

    async def lease_ends(self, worker: str) -> None:
        for job_id in await self.owned(worker):
            await self.jobs.expire_lease(job_id)
        await self.upkeep.sweep()

    async def connections_end(self, worker: str) -> None:
        await self.upkeep.hand_back(worker, await self.reads.now_ms() + 1, 0)

    async def is_repaired(self, worker: str) -> None:
        """A claim meets jobs whose lease ended, and hands on none of them."""
        for job_id in await self.owned(worker):
            await self.jobs.expire_lease(job_id)
        assert await self.claim("w5", 100, now=0) == []


Lose = Callable[[Queue, str], Awaitable[None]]
LOSSES = [Queue.lease_ends, Queue.connections_end, Queue.is_repaired]


@pytest.fixture
def queue(redis: ArqRedis, jobs: JobFactory) -> Queue:
    return Queue(redis, jobs)


@pytest.mark.parametrize("lose", LOSSES)
async def test_only_jobs_that_began_cost_an_attempt_when_their_worker_is_lost(
    queue: Queue, lose: Lose
) -> None:
    ids = await queue.submit(4)
    assert await queue.claim("w1", 4, now=1) == ids
    await lose(queue, "w1")
    assert [await queue.facts(job_id) for job_id in ids] == [(WAITING, 1, 1), *[(WAITING, 0, 0)] * 3]
    assert await queue.jobs.events(ids[0]) == ["submitted", "claimed", "stalled"]
    assert await queue.jobs.events(ids[1]) == ["submitted", "claimed", "released"]
    assert json.loads(await queue.redis.lindex(keys.log(ids[1]), -1))[3:] == ["w1", LOST_BEFORE_IT_BEGAN]
    assert await queue.claim("w2", 4, now=4) == ids  # at their old places


@pytest.mark.parametrize("lose", LOSSES)
async def test_who_told_progress_has_begun(queue: Queue, lose: Lose) -> None:
    await queue.submit(2)
    _, job = (await queue.leases["w1"].claim(2, None, 1)).jobs
    await queue.leases["w1"].progress(job, 0, "starting")
    await lose(queue, "w1")
    assert await queue.facts(job.id) == (WAITING, 1, 1)


async def test_what_a_sweep_and_a_lost_worker_bring_back_says_whether_it_had_begun(queue: Queue) -> None:
    first, second = await queue.submit(2)
    await queue.claim("w1", 2, now=1)
    for job_id in (first, second):
        await queue.jobs.expire_lease(job_id)
    swept = (await queue.upkeep.sweep()).stalled
    assert {(job.job_id, job.state, job.worker_id, job.had_begun) for job in swept} == {
        (first, WAITING, "w1", True),
        (second, WAITING, "w1", False),
    }
    third, fourth = await queue.submit(2, priority=0)
    await queue.claim("w2", 2, now=1)
    found = await queue.upkeep.hand_back("w2", await queue.reads.now_ms() + 1, 0)
    assert {(job.job_id, job.state, job.had_begun) for job in found or ()} == {
        (third, WAITING, True),
        (fourth, WAITING, False),
    }


async def test_a_hand_back_is_counted_neither_as_a_stall_nor_as_a_recovery(queue: Queue) -> None:
    (job_id,) = await queue.submit(1)
    await queue.claim("w1", 1, now=0)
    await queue.lease_ends("w1")
    (job,) = (await queue.leases["w2"].claim(1)).jobs
    assert (job.id, job.attempt, job.lost_ms) == (job_id, 1, None)
    await queue.leases["w2"].complete(job, RESULT)
    assert await queue.redis.exists("report:recovery:reclaimed", "report:recovery:completed") == 0
    minutes = [await queue.redis.hgetall(key) for key in await queue.redis.keys("report:history:minute:*")]
    assert not any(b"stalled" in minute for minute in minutes)


async def test_the_lost_worker_is_told_and_its_writes_are_refused(queue: Queue) -> None:
    await queue.submit(1)
    (job,) = (await queue.leases["w1"].claim(1, None, 0)).jobs
    await queue.lease_ends("w1")
    ((_, message),) = await queue.redis.xrange(keys.inbox("w1"))
    told = [message[field].decode() for field in (b"type", b"jobId", b"fence")]
    assert told == ["stalled", job.id, str(job.fence)]
    with pytest.raises(LeaseLost):
        await queue.leases["w1"].complete(job, RESULT)
    with pytest.raises(LeaseLost):
        await queue.leases["w1"].progress(job, 50, "late")
    lost = await queue.leases["w1"].heartbeat([(job.id, job.fence)], {})
    assert lost == [LostLease(job.id, job.fence, WAITING)]


@pytest.mark.parametrize("now", [0, 1])
async def test_a_job_whose_worker_was_lost_is_never_claimed_ahead_again(queue: Queue, now: int) -> None:
    """The first was handed back at no cost, or it stalled."""
    (lost,) = await queue.submit(1)
    await queue.claim("w1", 1, now=now)
    await queue.lease_ends("w1")
    behind = await queue.submit(2)
    before = await queue.submit(1, priority=0)
    assert await queue.claim("w2", 4, now=1) == before
    assert await queue.claim("w2", 4, now=0) == []
    assert await queue.claim("w3", 4, now=1) == [lost, *behind]
    await queue.connections_end("w3")
    assert await queue.facts(lost) == ((WAITING, 1, 1) if now == 0 else (FAILED, 2, 2))
    assert [await queue.facts(job_id) for job_id in behind] == [(WAITING, 0, 0)] * 2


async def test_jobs_that_were_never_lost_are_claimed_ahead_in_every_place(queue: Queue) -> None:
    ids = await queue.submit(3)
    claim = await queue.leases["w1"].claim(5, None, 1)
    assert [job.id for job in claim.jobs] == ids
    assert claim.next_due_ms != 0
    assert await queue.redis.llen(keys.WAKE) == 0


async def test_a_claim_that_stops_has_its_worker_look_again_and_wakes_another(queue: Queue) -> None:
    (lost,) = await queue.submit(1)
    await queue.claim("w1", 1, now=0)
    await queue.lease_ends("w1")
    await queue.redis.delete(keys.WAKE)
    claim = await queue.leases["w1"].claim(4, None, 0)
    assert (claim.jobs, claim.next_due_ms) == ((), 0)
    assert await queue.redis.llen(keys.WAKE) == 1
    assert (await queue.leases["w1"].claim(4, None, 0)).next_due_ms == 0
    assert await queue.redis.llen(keys.WAKE) == 1  # not one for each look
    await queue.redis.delete(PASSED)
    await queue.claim("w1", 4, now=0)
    assert await queue.redis.llen(keys.WAKE) == 2
    claim = await queue.leases["w2"].claim(4, None, 1)
    assert [job.id for job in claim.jobs] == [lost]
    assert claim.next_due_ms != 0
    assert await queue.redis.llen(keys.WAKE) == 0


async def test_each_worker_that_may_not_take_a_job_ahead_passes_its_token_on(queue: Queue) -> None:
    """Only the one behind them has a free slot."""
    await queue.submit(1)
    await queue.claim("w1", 1, now=0)
    await queue.lease_ends("w1")
    for worker in ("w2", "w3", "w4"):
        await queue.redis.delete(keys.WAKE)
        assert await queue.claim(worker, 4, now=0) == []
        assert await queue.redis.llen(keys.WAKE) == 1


async def test_what_a_claim_repairs_is_looked_at_before_it_stops(queue: Queue) -> None:
    (lost,) = await queue.submit(1)
    await queue.claim("w1", 1, now=0)
    await queue.lease_ends("w1")
    (due,) = await queue.submit(1, priority=0, delay_ms=60_000)
    await queue.jobs.make_due(due)
    # an entry that fell due stands among those of the default priority until somebody promotes it
    await queue.redis.zadd(keys.QUEUE, {due: 1})
    assert await queue.claim("w2", 2, now=0) == [due]
    assert await queue.claim("w2", 2, now=1) == [lost]


async def test_a_large_job_that_lost_a_worker_stops_only_who_may_take_large_ones(queue: Queue) -> None:
    (lost,) = await queue.submit(1, dataset_rows=20_000)
    await queue.claim("w1", 1, now=0)
    await queue.lease_ends("w1")
    small = await queue.submit(2)
    assert await queue.claim("w2", 1, now=0, large=1) == []
    assert await queue.claim("w2", 1, now=0, large=0) == [small[0]]
    assert await queue.claim("w2", 2, now=1, large=1) == [lost, small[1]]


@pytest.mark.parametrize("lose", LOSSES[:2])
async def test_a_job_that_kills_its_workers_is_poison_and_those_behind_it_lose_nothing(
    queue: Queue, lose: Lose
) -> None:
    """It was claimed ahead, began when the job before it was done, and told no progress."""
    first, killer, *others = await queue.submit(22)
    done, *_ = (await queue.leases["w1"].claim(17, None, 1)).jobs
    assert done.id == first
    await queue.leases["w1"].complete(done, RESULT)
    await lose(queue, "w1")
    losses = 1
    for worker in ("w2", "w3", "w4"):
        if killer in await queue.claim(worker, 17, now=1):
            await lose(queue, worker)
            losses += 1
    assert losses == POISON_LIMIT + 1
    job = await queue.reads.job(killer)
    assert job is not None
    assert (job.state, (job.error or {})["type"]) == (FAILED, "PoisonLimit")
    facts = [await queue.facts(job_id) for job_id in others]
    assert facts == [(ACTIVE, 1, 0), *[(WAITING, 0, 0)] * 19]


async def test_two_lost_workers_fail_none_of_the_jobs_that_were_claimed_ahead(queue: Queue) -> None:
    ids = await queue.submit(30)
    for worker in ("w1", "w2", "w3"):
        await queue.claim(worker, 30, now=2)
        await queue.connections_end(worker)
    facts = [await queue.facts(job_id) for job_id in ids]
    assert [state for state, _, _ in facts].count(FAILED) == 2
    assert facts[4:] == [(WAITING, 0, 0)] * 26


async def test_a_hand_back_by_a_living_worker_is_no_loss(queue: Queue) -> None:
    await queue.submit(1)
    (job,) = (await queue.leases["w1"].claim(1, None, 0)).jobs
    await queue.leases["w1"].release(job, HandBack.NO_CHILD)
    assert await queue.claim("w1", 1, now=0) == [job.id]
    await queue.leases["w1"].disown([])
    assert await queue.claim("w1", 1, now=0) == [job.id]


async def test_a_claim_to_begin_at_once_forgets_that_the_last_one_was_ahead(queue: Queue) -> None:
    await queue.submit(1)
    (job,) = (await queue.leases["w1"].claim(1, None, 0)).jobs
    await queue.leases["w1"].release(job, HandBack.NO_CHILD)
    await queue.claim("w1", 1, now=1)
    await queue.lease_ends("w1")
    assert await queue.facts(job.id) == (WAITING, 1, 1)


async def test_a_worker_of_a_version_without_claims_ahead_loses_a_job_at_its_cost(queue: Queue) -> None:
    """Its claim leaves what the last one said, and so does its progress."""
    await queue.submit(1)
    (job,) = (await queue.leases["w1"].claim(1, None, 0)).jobs
    said = await queue.redis.hget(keys.job(job.id), "ahead")
    await queue.leases["w1"].release(job, HandBack.NO_CHILD)
    await queue.claim("w2", 1, now=1)
    await queue.redis.hset(keys.job(job.id), "ahead", said)
    await queue.lease_ends("w2")
    assert await queue.facts(job.id) == (WAITING, 1, 1)


@pytest.mark.parametrize("now", [0, 1])
async def test_a_retry_by_hand_forgets_that_workers_were_lost(queue: Queue, now: int) -> None:
    (job_id,) = await queue.submit(1)
    await queue.claim("w1", 1, now=now)
    await queue.lease_ends("w1")
    (job,) = (await queue.leases["w1"].claim(1)).jobs
    await queue.leases["w1"].fail(job, ERROR, retryable=False, delay_ms=0)
    await queue.commands.retry(job_id)
    assert await queue.claim("w1", 1, now=0) == [job_id]
