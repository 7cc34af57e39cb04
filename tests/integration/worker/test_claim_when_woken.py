"""A claim that is left with Redis until there is something to claim."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from arq.connections import ArqRedis

from shared.job import JobState
from shared.queue import keys
from shared.queue.commands import QueueCommands
from shared.queue.leases import Claim, Leases
from shared.queue.reads import QueueReads
from shared.queue.scripts import Argument
from shared.redis import connect
from shared.settings import Settings
from tests.factories import spec
from worker import wakeups
from worker.wakeups import Wakeups


@pytest.fixture
async def tokens(settings: Settings) -> AsyncIterator[Wakeups]:
    client = connect(settings, "waking", max_connections=4, blocks=True)
    yield Wakeups(client, lambda: True)
    await client.aclose()


async def blocked(redis: ArqRedis, clients: int) -> None:
    """Waits until so many clients wait on the server."""
    async with asyncio.timeout(5):
        while (await redis.info("clients"))["blocked_clients"] != clients:
            await asyncio.sleep(0.01)


async def left_with_redis(redis: ArqRedis, tokens: Wakeups, leases: Leases) -> asyncio.Task[Claim | None]:
    claiming = asyncio.create_task(leases.claim_when_woken(tokens.pop_and_run, 2))
    await blocked(redis, 1)
    return claiming


async def answer_to(claiming: asyncio.Task[Claim | None]) -> Claim:
    claim = await claiming
    assert claim is not None
    return claim


async def test_it_takes_what_is_submitted(
    redis: ArqRedis, tokens: Wakeups, leases: Leases, commands: QueueCommands
) -> None:
    await leases.claim(1)  # Redis knows the script
    claiming = await left_with_redis(redis, tokens, leases)
    job_id = (await commands.submit(spec())).job_id
    assert [job.id for job in (await answer_to(claiming)).jobs] == [job_id]
    assert await redis.llen(keys.WAKE) == 0


async def test_it_takes_it_though_redis_has_forgotten_the_script(
    redis: ArqRedis, tokens: Wakeups, leases: Leases, commands: QueueCommands
) -> None:
    claiming = await left_with_redis(redis, tokens, leases)
    await redis.script_flush()
    await commands.submit(spec())
    assert len((await answer_to(claiming)).jobs) == 1


async def test_it_looks_at_the_queue_when_no_token_comes(
    redis: ArqRedis, tokens: Wakeups, leases: Leases, monkeypatch: pytest.MonkeyPatch
) -> None:
    await leases.claim(1)
    monkeypatch.setattr(wakeups, "BLOCK_SECONDS", 0.5)
    claiming = asyncio.create_task(leases.claim_when_woken(tokens.pop_and_run, 1))
    await blocked(redis, 1)
    # arq's clients leave no token
    await redis.enqueue_job("generate-report", reportType="test", data={"period": "Q1", "revenue": 1})
    assert len((await answer_to(claiming)).jobs) == 1


@pytest.mark.parametrize("meanwhile", ["nothing", "script forgotten", "no sign of life"])
async def test_it_says_how_many_jobs_begin_at_once(
    redis: ArqRedis, tokens: Wakeups, leases: Leases, commands: QueueCommands, meanwhile: str
) -> None:
    await gave_no_sign_lately(redis, leases)
    if meanwhile != "no sign of life":
        await leases.heartbeat([], {})
    claiming = asyncio.create_task(leases.claim_when_woken(tokens.pop_and_run, 2, 2, 0))
    await blocked(redis, 1)
    if meanwhile == "script forgotten":
        await redis.script_flush()
    job_id = (await commands.submit(spec())).job_id
    (job,) = (await answer_to(claiming)).jobs
    assert job.id == job_id
    assert await redis.hget(keys.job(job_id), "ahead") == str(job.fence).encode()


async def test_a_cancelled_one_takes_nothing(
    redis: ArqRedis, tokens: Wakeups, leases: Leases, commands: QueueCommands, reads: QueueReads
) -> None:
    claiming = await left_with_redis(redis, tokens, leases)
    claiming.cancel()
    await asyncio.gather(claiming, return_exceptions=True)
    await blocked(redis, 0)
    await commands.submit(spec())
    assert (await reads.counts())[JobState.WAITING] == 1


async def test_one_that_is_given_up_takes_nothing_either(
    redis: ArqRedis, tokens: Wakeups, leases: Leases, commands: QueueCommands, reads: QueueReads
) -> None:
    claiming = await left_with_redis(redis, tokens, leases)
    tokens.wake()
    assert await claiming is None
    await blocked(redis, 0)
    await commands.submit(spec())
    assert (await reads.counts())[JobState.WAITING] == 1
    assert len((await answer_to(await left_with_redis_at_once(tokens, leases))).jobs) == 1


async def test_who_gave_one_up_wakes_another_for_the_job_whose_token_it_may_have_taken(
    redis: ArqRedis, tokens: Wakeups, leases: Leases, commands: QueueCommands
) -> None:
    """Redis may give a token to a client that is gone, and notice that before it runs the claim."""
    assert await leases.disown([]) == []
    assert await redis.llen(keys.WAKE) == 0
    await commands.submit(spec())
    await redis.blpop([keys.WAKE], timeout=1)
    assert await leases.disown([]) == []
    async with asyncio.timeout(wakeups.BLOCK_SECONDS / 2):
        assert len((await answer_to(await left_with_redis_at_once(tokens, leases))).jobs) == 1


async def left_with_redis_at_once(tokens: Wakeups, leases: Leases) -> asyncio.Task[Claim | None]:
    return asyncio.create_task(leases.claim_when_woken(tokens.pop_and_run, 2))


async def test_that_of_a_frozen_worker_takes_nothing_and_passes_the_token_on(
    redis: ArqRedis, tokens: Wakeups, leases: Leases, commands: QueueCommands, reads: QueueReads
) -> None:
    await gave_no_sign_lately(redis, leases)
    asked: list[tuple[object, ...]] = []

    async def run(name: str, *arguments: Argument) -> None:
        asked.append(await tokens.pop_and_run(name, *arguments))

    claiming = asyncio.create_task(leases.claim_when_woken(run, 2))
    await blocked(redis, 1)
    await commands.submit(spec())
    assert await claiming is None
    assert asked == [[-2]]
    assert (await reads.counts())[JobState.WAITING] == 1
    assert await redis.llen(keys.WAKE) == 1


async def test_who_was_frozen_and_is_not_any_more_claims_at_once(
    redis: ArqRedis, tokens: Wakeups, leases: Leases, commands: QueueCommands
) -> None:
    await gave_no_sign_lately(redis, leases)
    claiming = await left_with_redis(redis, tokens, leases)
    job_id = (await commands.submit(spec())).job_id
    assert [job.id for job in (await answer_to(claiming)).jobs] == [job_id]


async def gave_no_sign_lately(redis: ArqRedis, leases: Leases) -> None:
    await leases.claim(1)  # Redis knows the script
    await leases.heartbeat([], {})
    await redis.hset(keys.worker("w1"), "timestamp", "1000")
