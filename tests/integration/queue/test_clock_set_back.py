"""After Redis's clock was set back nothing waits for the time that it showed before."""

from __future__ import annotations

import json

import pytest
from arq.connections import ArqRedis

from shared.job import JobState
from shared.queue import keys
from shared.queue.leases import Leases
from shared.queue.maintenance import Maintenance
from shared.queue.reads import QueueReads
from tests.factories import JobFactory

HOUR_MS = 3_600_000


async def running_since_before(redis: ArqRedis, jobs: JobFactory, *, beat: bool, started: bool) -> str:
    """A running job that looks as if the clock had been an hour ahead when it got its lease."""
    job_id, now = await jobs.active(), await QueueReads(redis).now_ms()
    await jobs.expire_lease(job_id, -10_000 - HOUR_MS)
    await redis.hset(keys.job(job_id), "startedAt", now + HOUR_MS if started else now - HOUR_MS)
    await redis.hset("report:worker:w1", "timestamp", now + HOUR_MS if beat else now)
    await redis.set("report:pulse", now + HOUR_MS)
    return job_id


@pytest.mark.parametrize(("beat", "started"), [(True, True), (True, False), (False, True)])
async def test_a_lease_that_nobody_renews_ends_in_time(
    jobs: JobFactory, upkeep: Maintenance, redis: ArqRedis, beat: bool, started: bool
) -> None:
    job_id = await running_since_before(redis, jobs, beat=beat, started=started)
    await upkeep.sweep()
    ends = await redis.zscore(keys.QUEUE, job_id)
    assert ends == await redis.zscore(keys.index(JobState.ACTIVE), job_id)
    assert ends <= await QueueReads(redis).now_ms() + 10_000
    await jobs.expire_lease(job_id)
    await upkeep.sweep()
    assert await redis.hget(keys.job(job_id), "state") == b"waiting"


async def test_a_long_lease_of_a_worker_that_is_there_stays(
    jobs: JobFactory, upkeep: Maintenance, redis: ArqRedis
) -> None:
    job_id = await running_since_before(redis, jobs, beat=False, started=False)
    before = await redis.zscore(keys.QUEUE, job_id)
    await upkeep.sweep()
    assert await redis.zscore(keys.QUEUE, job_id) == before


@pytest.mark.parametrize(("beat", "started"), [(True, True), (True, False), (False, True)])
async def test_what_a_lost_worker_had_is_handed_back(
    jobs: JobFactory, upkeep: Maintenance, redis: ArqRedis, beat: bool, started: bool
) -> None:
    job_id = await running_since_before(redis, jobs, beat=beat, started=started)
    # the heartbeat and the claim came before it, whatever they say
    gone_ms = await QueueReads(redis).now_ms() + 1
    handed_back = await upkeep.hand_back("w1", gone_ms, gone_ms)
    assert handed_back is not None
    assert [back.job_id for back in handed_back] == [job_id]


async def test_a_leader_of_before_leads_no_longer_than_usual(upkeep: Maintenance, redis: ArqRedis) -> None:
    ahead = json.dumps({"id": "old", "token": 7, "timestamp": await QueueReads(redis).now_ms() + HOUR_MS})
    await redis.set("report:scheduler", ahead, px=HOUR_MS)
    await redis.set("report:scheduler:token", 7)
    await upkeep.sweep()
    assert upkeep.leads
    assert await redis.pttl("report:scheduler") < 60_000
    old = Maintenance(redis, "old", 2, 1.0)
    old._token = 7
    await old.sweep()
    assert not old.leads
    assert await Leases(redis, "w2", 10_000, 2).disown([]) == []


async def test_a_leader_whose_clock_was_set_back_a_little_goes_on(
    upkeep: Maintenance, redis: ArqRedis
) -> None:
    await upkeep.sweep()
    held = json.loads(await redis.get("report:scheduler"))
    held["timestamp"] += 500
    await redis.set("report:scheduler", json.dumps(held), px=3000)
    other = Maintenance(redis, "s2", 2, 1.0)
    await other.sweep()
    assert (upkeep.leads, other.leads) == (True, False)


@pytest.mark.parametrize(("ahead_ms", "goes_on"), [(2 * HOUR_MS, True), (60_000, False)])
async def test_hours_and_days_are_counted_on_after_a_clock_that_had_jumped_ahead(
    jobs: JobFactory, redis: ArqRedis, ahead_ms: int, goes_on: bool
) -> None:
    now = await QueueReads(redis).now_ms()
    minute = now - now % 60_000
    await redis.set("report:history:open", minute + ahead_ms)
    await jobs.waiting()
    assert (int(await redis.get("report:history:open")) < minute + ahead_ms) == goes_on
