"""Connections to Redis: every kind of URL that the settings take."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from arq.connections import ArqRedis
from redis.exceptions import ResponseError
from redis.exceptions import TimeoutError as RedisTimeoutError

from shared import redis_connection
from shared.errors import QueueUnavailable
from shared.queue.line import Line
from shared.redis import connect, is_connected, unavailable_on_redis_errors, unless_of_another_kind
from shared.settings import Settings


@pytest.mark.parametrize(
    "url", ["redis://127.0.0.1:1/0", "rediss://127.0.0.1:1/0", "unix:///no/such.sock?db=1"]
)
async def test_a_redis_that_is_away_is_not_connected_whatever_its_kind(url: str) -> None:
    client = connect(Settings(redis_url=url), "test")
    assert not await is_connected(client)
    await client.aclose()


async def test_a_server_that_does_not_greet_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redis_connection, "CONNECT_SECONDS", 0.05)

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(-1)
        writer.close()

    async with await asyncio.start_server(listen, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        client = connect(Settings(redis_url=f"redis://127.0.0.1:{port}"), "test", blocks=True)
        with pytest.raises(RedisTimeoutError):
            await Line(client).execute("PING")
        await client.aclose()


@pytest.mark.parametrize(
    "execute", [lambda client: client.ping(), lambda client: Line(client).execute("PING")]
)
async def test_an_answer_of_something_else_than_redis_may_pass(
    execute: Callable[[ArqRedis], Awaitable[object]],
) -> None:
    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 502 Bad Gateway\r\n\r\n")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(refuse, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        client = connect(Settings(redis_url=f"redis://127.0.0.1:{port}"), "test")
        with pytest.raises(QueueUnavailable), unavailable_on_redis_errors():
            await execute(client)
        await client.aclose()


IN_A_PIPELINE = "Command # 1 (HGETALL report:job:x) of pipeline caused error: ('{}',)"


@pytest.mark.parametrize(
    "said", ["BUSY Redis is busy running a script", "MASTERDOWN Link with MASTER is down"]
)
@pytest.mark.parametrize("form", ["{}", IN_A_PIPELINE])
def test_what_may_pass_is_known_in_a_pipeline_too(said: str, form: str) -> None:
    with pytest.raises(QueueUnavailable), unavailable_on_redis_errors():
        raise ResponseError(form.format(said))


@pytest.mark.parametrize("form", ["{}", IN_A_PIPELINE])
def test_only_a_key_of_another_kind_counts_as_none(form: str) -> None:
    assert unless_of_another_kind(ResponseError(form.format("WRONGTYPE Operation against a key"))) is None
    with pytest.raises(ResponseError, match="NOPERM"):
        unless_of_another_kind(ResponseError(form.format("NOPERM no permissions")))
    with pytest.raises(RedisTimeoutError):
        unless_of_another_kind(RedisTimeoutError())
