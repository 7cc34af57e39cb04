"""A worker looks at the queue when there is a reason, and tokens that it has no use for wake others."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from arq.connections import ArqRedis

from shared import outage
from shared.queue import keys, scripts
from shared.redis import connect
from shared.settings import Settings
from tests.factories import JobFactory
from worker import wakeups
from worker.wakeups import Wakeups

FOR_EVER = 3600.0


class Worker:
    """Knows whether it has a free slot."""

    def __init__(self, blocking: ArqRedis) -> None:
        self.free = True
        self.wakeups = Wakeups(blocking, lambda: self.free)


@pytest.fixture
async def worker(settings: Settings) -> AsyncIterator[Worker]:
    blocking = connect(settings, "test:wakeups", blocks=True)
    yield Worker(blocking)
    await blocking.aclose()


async def until_it_asks(redis: ArqRedis) -> None:
    while not any(client["cmd"] == "blpop" for client in await redis.client_list()):
        await asyncio.sleep(0.005)


async def is_woken_by_a_token(worker: Worker, redis: ArqRedis) -> None:
    waiting = asyncio.create_task(worker.wakeups.wait(FOR_EVER))
    await until_it_asks(redis)
    assert not waiting.done()
    await redis.rpush(keys.WAKE, "1")
    await waiting


async def test_a_token_ends_a_wait(worker: Worker, redis: ArqRedis) -> None:
    await is_woken_by_a_token(worker, redis)
    assert await redis.llen(keys.WAKE) == 0


async def test_so_do_a_time_and_a_word(worker: Worker) -> None:
    await worker.wakeups.wait(0.01)
    worker.wakeups.wake()
    await worker.wakeups.wait(FOR_EVER)


async def test_a_token_that_comes_between_two_waits_counts_for_the_next(
    worker: Worker, redis: ArqRedis
) -> None:
    await worker.wakeups.wait(0.01)
    await until_it_asks(redis)
    await redis.rpush(keys.WAKE, "1")
    await worker.wakeups.wait(FOR_EVER)
    assert await redis.llen(keys.WAKE) == 0


async def test_a_token_without_use_goes_back(worker: Worker, redis: ArqRedis) -> None:
    await worker.wakeups.wait(0.01)
    await until_it_asks(redis)
    worker.free = False
    await redis.rpush(keys.WAKE, "1")
    while not await redis.llen(keys.WAKE):
        await asyncio.sleep(0.005)
    worker.free = True
    await worker.wakeups.wait(FOR_EVER)


async def test_it_asks_again_when_nothing_came(
    worker: Worker, redis: ArqRedis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wakeups, "BLOCK_SECONDS", 0.05)
    waiting = asyncio.create_task(worker.wakeups.wait(FOR_EVER))
    await asyncio.sleep(0.3)
    await redis.rpush(keys.WAKE, "1")
    await waiting


async def test_a_cut_connection_is_a_reason_to_look(
    worker: Worker, redis: ArqRedis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outage, "RETRY_SECONDS", 0.01)
    waiting = asyncio.create_task(worker.wakeups.wait(FOR_EVER))
    await until_it_asks(redis)
    (asking,) = [client for client in await redis.client_list() if client["cmd"] == "blpop"]
    await redis.client_kill_filter(_id=asking["id"])
    await waiting
    await is_woken_by_a_token(worker, redis)


async def test_an_answer_that_never_comes_is_a_reason_too(
    settings: Settings, redis: ArqRedis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wakeups, "BLOCK_SECONDS", 5.0)
    monkeypatch.setattr(wakeups, "ANSWER_SECONDS", -4.9)
    monkeypatch.setattr(outage, "RETRY_SECONDS", 0.01)
    blocking = connect(settings, "test:wakeups", blocks=True)
    await Worker(blocking).wakeups.wait(FOR_EVER)
    await blocking.aclose()


async def _claim(worker: Worker) -> Any:
    """A claim of one slot, left behind a pop."""
    return await worker.wakeups.pop_and_run("claim", "worker-1", 1, 3000, 2, 1, 1, "1")


async def test_a_claim_that_is_left_runs_when_a_token_comes(worker: Worker, redis: ArqRedis) -> None:
    await redis.script_load(scripts.source("claim")[0])
    claiming = asyncio.create_task(_claim(worker))
    await until_it_asks(redis)
    await redis.rpush(keys.WAKE, "1")
    assert await claiming == [-1]


async def test_a_token_that_came_before_a_claim_is_left_lets_it_run_at_once(
    worker: Worker, redis: ArqRedis
) -> None:
    await redis.script_load(scripts.source("claim")[0])
    await worker.wakeups.wait(0.01)
    await until_it_asks(redis)
    await redis.rpush(keys.WAKE, "1")
    while worker.wakeups.is_asking:
        await asyncio.sleep(0.005)
    async with asyncio.timeout(wakeups.BLOCK_SECONDS / 2):
        assert await _claim(worker) == [-1]


@pytest.mark.parametrize("moments", [0, 1, 2, 5])
async def test_a_claim_that_was_given_up_takes_no_job_later(
    worker: Worker, redis: ArqRedis, jobs: JobFactory, moments: int
) -> None:
    await redis.script_load(scripts.source("claim")[0])
    claiming = asyncio.create_task(_claim(worker))
    for _ in range(1 + moments):
        await asyncio.sleep(0)
    worker.wakeups.wake()
    assert await claiming is None
    job_id = await jobs.waiting()
    await asyncio.sleep(0.1)  # for what might have been sent after all
    assert await redis.hget(keys.job(job_id), "state") == b"waiting"
