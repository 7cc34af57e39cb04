"""Calls of one moment that go to Redis as one: each is still a transition by itself."""

from __future__ import annotations

import asyncio

import pytest
from arq.connections import ArqRedis
from redis.exceptions import ResponseError

from shared.errors import IdempotencyConflict, LeaseLost, QueueUnavailable
from shared.job import JobState
from shared.queue import keys
from shared.queue.commands import QueueCommands, Submitted
from shared.queue.gathering import MAX_BYTES, MAX_CALLS
from shared.queue.leases import ClaimedJob, Leases
from shared.redis import connect
from shared.settings import Settings
from tests.factories import RESULT, spec


async def _scripts_run(redis: ArqRedis) -> int:
    stats = await redis.info("commandstats")
    return int(stats.get("cmdstat_evalsha", {}).get("calls", 0))


@pytest.fixture
async def known(redis: ArqRedis, commands: QueueCommands, leases: Leases) -> None:
    """Redis knows the scripts, and its counts begin at nought."""
    await commands.submit(spec())
    for job in (await leases.claim(1)).jobs:
        await leases.complete(job, RESULT)
    await redis.config_resetstat()


async def _claimed(commands: QueueCommands, leases: Leases, count: int) -> list[ClaimedJob]:
    await asyncio.gather(*(commands.submit(spec(tenant=f"t{n % 2}")) for n in range(count)))
    return list((await leases.claim(count)).jobs)


@pytest.mark.usefixtures("known")
async def test_jobs_of_one_moment_are_submitted_in_few_calls_and_keep_their_order(
    redis: ArqRedis, commands: QueueCommands, leases: Leases
) -> None:
    specs = [spec(tenant=f"t{n % 3}") for n in range(2 * MAX_CALLS + 1)]
    answers = await asyncio.gather(*(commands.submit(one) for one in specs))
    assert await _scripts_run(redis) == 3
    ids = [one.job_id for one in specs]
    assert answers == [Submitted(job_id, JobState.WAITING, created=True) for job_id in ids]
    assert [job.id for job in (await leases.claim(len(ids))).jobs] == ids


async def test_a_claim_takes_any_number_of_jobs(
    redis: ArqRedis, commands: QueueCommands, leases: Leases
) -> None:
    ids = [answer.job_id for answer in await commands.submit_batch([spec() for _ in range(230)])]
    claim = await leases.claim(220)
    assert [job.id for job in claim.jobs] == sorted(ids)[:220]
    assert await redis.zcard(keys.index(JobState.ACTIVE)) == 220
    assert await redis.zcard("report:by:type:test:active") == 220
    assert [len((await leases.claim(50)).jobs), len((await leases.claim(50)).jobs)] == [10, 0]


async def test_a_job_that_an_index_has_lost_holds_no_other_up(
    redis: ArqRedis, commands: QueueCommands, leases: Leases
) -> None:
    ids = [(await commands.submit(spec())).job_id for _ in range(3)]
    await redis.zrem(keys.ALL_JOBS, ids[1])
    jobs = (await leases.claim(3)).jobs
    assert [job.id for job in jobs] == ids
    await asyncio.gather(*(leases.complete(job, RESULT) for job in jobs))
    assert await redis.zcard(keys.index(JobState.COMPLETED)) == 3


@pytest.mark.usefixtures("known")
async def test_large_payloads_go_by_themselves(redis: ArqRedis, commands: QueueCommands) -> None:
    large = {"text": "x" * MAX_BYTES}
    await asyncio.gather(*(commands.submit(spec(data=large)) for _ in range(3)))
    assert await _scripts_run(redis) == 3


async def test_each_of_one_moment_has_its_own_outcome(redis: ArqRedis, commands: QueueCommands) -> None:
    broken, first = spec(), spec(idempotency_key="k", body_hash="a")
    await redis.set(keys.job(broken.job_id), "no record")
    plain = spec()
    answers = await asyncio.gather(
        commands.submit(first),
        commands.submit(broken),
        commands.submit(spec(idempotency_key="k", body_hash="a")),
        commands.submit(spec(idempotency_key="k", body_hash="b")),
        commands.submit(plain),
        commands.submit(plain),
        return_exceptions=True,
    )
    assert answers[0] == Submitted(first.job_id, JobState.WAITING, created=True)
    assert isinstance(answers[1], ResponseError)
    assert "WRONGTYPE" in str(answers[1])
    assert answers[2] == Submitted(first.job_id, JobState.WAITING, created=False)
    assert isinstance(answers[3], IdempotencyConflict)
    assert answers[4:] == [Submitted(plain.job_id, JobState.WAITING, created=new) for new in (True, False)]
    assert {raw.decode() for raw in await redis.zrange(keys.QUEUE, 0, -1)} == {first.job_id, plain.job_id}


async def test_a_redis_that_forgot_the_scripts_is_told_them_again(
    redis: ArqRedis, commands: QueueCommands, leases: Leases
) -> None:
    await redis.script_flush()
    jobs = await _claimed(commands, leases, 5)
    await redis.script_flush()
    await asyncio.gather(*(leases.complete(job, RESULT) for job in jobs))
    assert await redis.zcard(keys.index(JobState.COMPLETED)) == 5


async def test_without_redis_each_of_one_moment_hears_of_it(settings: Settings) -> None:
    nobody = connect(settings.model_copy(update={"redis_url": "redis://127.0.0.1:1/0"}), "test")
    commands = QueueCommands(nobody)
    answers = await asyncio.gather(*(commands.submit(spec()) for _ in range(5)), return_exceptions=True)
    assert [type(answer) for answer in answers] == [QueueUnavailable] * 5
    await nobody.aclose()


@pytest.mark.usefixtures("known")
async def test_jobs_that_end_in_one_moment_end_in_one_call(
    redis: ArqRedis, commands: QueueCommands, leases: Leases
) -> None:
    jobs = await _claimed(commands, leases, 6)
    before = await _scripts_run(redis)
    stolen, *ours = jobs
    await redis.hset(keys.job(stolen.id), "fence", "7")
    answers = await asyncio.gather(
        *(leases.complete(job, {**RESULT, "pages": 2, "fileSize": 10}) for job in [*jobs, ours[0]]),
        return_exceptions=True,
    )
    assert await _scripts_run(redis) == before + 1
    assert isinstance(answers[0], LeaseLost)
    assert answers[1:] == [None] * 6
    assert await redis.zcard(keys.index(JobState.ACTIVE)) == 1
    done = {job.id for job in ours}
    assert done < {raw.decode() for raw in await redis.zrange(keys.index(JobState.COMPLETED), 0, -1)}
    assert [raw.decode() for raw in await redis.zrange(keys.QUEUE, 0, -1)] == [stolen.id]
    for tenant in ("t0", "t1"):
        assert await redis.zcard(f"report:by:tenant:{tenant}:completed") == len(
            [job for number, job in enumerate(jobs) if number and f"t{number % 2}" == tenant]
        )


@pytest.mark.usefixtures("known")
async def test_jobs_that_end_in_one_moment_are_all_counted(
    redis: ArqRedis, commands: QueueCommands, leases: Leases
) -> None:
    jobs = await _claimed(commands, leases, 6)
    await asyncio.gather(*(leases.complete(job, {**RESULT, "pages": 2, "fileSize": 10}) for job in jobs))
    totals = await redis.execute_command("HGET", "report:totals", "bytes")
    assert int(totals) == RESULT["fileSize"] + 60
    sums: dict[str, int] = {}
    for key in await redis.keys("report:history:minute:*"):
        flat = await redis.execute_command("HGETALL", key)
        for name, value in flat.items():
            sums[name.decode()] = sums.get(name.decode(), 0) + int(value)
    assert (sums["submitted"], sums["completed"], sums["pages"]) == (7, 7, RESULT["pages"] + 12)
    assert sum(count for name, count in sums.items() if name[1:].isdigit()) == 7
