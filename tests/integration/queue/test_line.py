"""The shared connection: whose answer is whose, and what becomes of callers when something breaks."""

from __future__ import annotations

import asyncio
import os
import signal
import sys

import pytest
from arq.connections import ArqRedis
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import NoScriptError, ResponseError
from redis.exceptions import TimeoutError as RedisTimeoutError

from shared.queue.line import MAX_COMMANDS, Line
from shared.redis import connect
from shared.settings import Settings


async def test_each_caller_gets_its_own_answer_errors_included(redis: ArqRedis) -> None:
    line = Line(redis)
    count = 5 * MAX_COMMANDS
    calls = [
        line.execute("ECHO", number) if number % 3 else line.execute("EVALSHA", "0" * 40, 0)
        for number in range(count)
    ]
    answers = await asyncio.gather(*calls, line.execute("NONSENSE"), return_exceptions=True)
    assert isinstance(answers.pop(), ResponseError)
    for number, answer in enumerate(answers):
        assert answer == str(number).encode() if number % 3 else isinstance(answer, NoScriptError)


async def test_what_is_asked_in_one_moment_is_one_write(redis: ArqRedis) -> None:
    line = Line(redis)
    await line.execute("PING")
    before = (await redis.info("stats"))["total_reads_processed"]
    await asyncio.gather(*(line.execute("ECHO", number) for number in range(MAX_COMMANDS)))
    reads = (await redis.info("stats"))["total_reads_processed"] - before
    assert reads <= 3  # the write above, and what this client itself asked


async def test_a_large_value_goes_through_whole(redis: ArqRedis) -> None:
    line, large = Line(redis), b"x" * 6_000_000
    answers = await asyncio.gather(line.execute("ECHO", large), line.execute("ECHO", "é"))
    assert [*answers] == [large, "é".encode()]


async def test_a_caller_that_is_cancelled_takes_nothing_from_the_others(redis: ArqRedis) -> None:
    line = Line(redis)
    calls = [asyncio.create_task(line.execute("ECHO", number)) for number in range(20)]
    await asyncio.sleep(0)
    for call in calls[::2]:
        call.cancel()
    answers = await asyncio.gather(*calls, return_exceptions=True)
    assert [answer for answer in answers if isinstance(answer, bytes)] == [
        str(number).encode() for number in range(1, 20, 2)
    ]


async def test_a_caller_that_raises_takes_no_answer_from_those_behind(settings: Settings) -> None:
    told: list[str] = []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, context: told.append(context["message"]))
    nobody = settings.model_copy(update={"redis_url": "redis://127.0.0.1:1"})
    for asked, kind in ((settings, bytes), (nobody, RedisConnectionError)):
        redis = connect(asked, "test")
        line, behind = Line(redis), asyncio.get_running_loop().create_future()
        line.send(("ECHO", "first"), _raise)
        line.send(("ECHO", "second"), behind.set_result)
        assert isinstance(await behind, kind)
        await redis.aclose()
    assert told == ["an answer was not taken"] * 2


def _raise(_answer: object) -> None:
    raise ValueError


async def test_a_connection_that_is_cut_fails_who_waits_on_it_and_is_made_anew(redis: ArqRedis) -> None:
    line = Line(redis)
    own = await line.execute("CLIENT", "ID")
    waiting = asyncio.create_task(line.execute("BLPOP", "nothing", 0))
    await asyncio.sleep(0.05)
    behind = asyncio.create_task(line.execute("ECHO", "later"))
    await asyncio.sleep(0)
    await redis.execute_command("CLIENT", "KILL", "ID", own)
    with pytest.raises(RedisConnectionError):
        await waiting
    assert await behind == b"later"
    assert await line.execute("CLIENT", "ID") != own


async def test_a_connection_that_was_cut_between_calls_is_made_anew(redis: ArqRedis) -> None:
    line = Line(redis)
    own = await line.execute("CLIENT", "ID")
    await redis.execute_command("CLIENT", "KILL", "ID", own)
    await asyncio.sleep(0.05)
    assert await line.execute("CLIENT", "ID") != own


async def test_many_cuts_use_up_no_connections_of_the_pool(settings: Settings) -> None:
    client = connect(settings, "test-line", max_connections=2)
    line = Line(client)
    for _ in range(5):
        own = await line.execute("CLIENT", "ID")
        await client.execute_command("CLIENT", "KILL", "ID", own)
        await asyncio.sleep(0.02)
    await client.aclose()


async def test_an_answer_that_does_not_come_ends_the_connection(redis: ArqRedis) -> None:
    redis.connection_pool.connection_kwargs["socket_timeout"] = 0.2
    line = Line(redis)
    with pytest.raises(RedisTimeoutError):
        await line.execute("BLPOP", "nothing", 0)
    assert await line.execute("ECHO", "again") == b"again"


async def test_without_redis_every_caller_hears_of_it(settings: Settings) -> None:
    away = settings.model_copy(update={"redis_url": "redis://127.0.0.1:1/0"})
    client = connect(away, "test-line")
    line = Line(client)
    answers = await asyncio.gather(*(line.execute("PING") for _ in range(200)), return_exceptions=True)
    assert all(isinstance(answer, RedisConnectionError) for answer in answers)
    await client.aclose()


async def test_closing_the_client_is_quick_and_fails_who_still_waits(settings: Settings) -> None:
    client = connect(settings, "test-line")
    line = Line(client)
    waiting = asyncio.create_task(line.execute("BLPOP", "nothing", 0))
    await asyncio.sleep(0.1)
    await asyncio.wait_for(client.aclose(), 1)
    with pytest.raises(RedisConnectionError):
        await waiting


ASK = """
import asyncio, uvloop
from shared.queue.line import Line
from shared.redis import connect
from shared.settings import Settings

async def main():
    client = connect(Settings(), "test:line", blocks=True)
    line = Line(client, answer_seconds=0.3)
    await line.execute("PING")
    asking = asyncio.create_task(line.execute("BLPOP", "nothing", "0.1"))
    await asyncio.sleep(0)
    print("asking", flush=True)
    print(await asking, flush=True)
    await client.aclose()

uvloop.run(main())
"""


async def test_a_process_that_was_stopped_itself_reads_the_answer_that_is_there(settings: Settings) -> None:
    environment = {**os.environ, "REDIS_URL": settings.redis_url}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", ASK), env=environment, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    assert await process.stdout.readline() == b"asking\n"
    process.send_signal(signal.SIGSTOP)
    await asyncio.sleep(0.6)
    process.send_signal(signal.SIGCONT)
    assert await process.stdout.read() == b"None\n"
    assert await process.wait() == 0
