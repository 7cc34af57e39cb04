"""Connections to the lane: parts of requests, many at once, clients that hang up, idle ones, and the end."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator

import pytest
import uvicorn
from arq.connections import ArqRedis
from fastapi import FastAPI

from shared.http.server import make_config
from shared.settings import Settings
from tests.integration.producer.lane_client import both, request
from tests.integration.producer.served import Served, served


@pytest.fixture
async def lane(settings: Settings) -> AsyncIterator[Served]:
    async with served(settings, with_lane=True) as result:
        yield result


async def test_a_body_that_comes_bit_by_bit_is_taken_when_it_is_whole(settings: Settings) -> None:
    sent = request()
    answer, taken = await both(settings, *(sent[i : i + 25] for i in range(0, len(sent), 25)), pause=0.002)
    assert answer.startswith(b"HTTP/1.1 202 ")
    assert taken == 1


async def test_a_client_that_waits_for_leave_to_send_gets_it(settings: Settings) -> None:
    sent = request(None, "Expect: 100-continue")
    head, _, body = sent.partition(b"\r\n\r\n")
    answer, _ = await both(settings, head + b"\r\n\r\n", body, pause=0.1)
    assert answer.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 202 ")


async def test_requests_sent_at_once_are_answered_in_their_order(settings: Settings) -> None:
    requests = [
        request(None, "X-Request-ID: r-1"),
        request(b"{}", "X-Request-ID: r-2"),
        request(None, "X-Request-ID: r-3"),
        request(method="GET", path="/api/v1/reports/nobody"),
        request(None, "X-Request-ID: r-5"),
        request(None, "X-Request-ID: r-6", "Connection: close"),
    ]
    answer, _ = await both(settings, b"".join(requests), answers=len(requests))
    assert re.findall(rb"HTTP/1.1 (\d+) ", answer) == [b"202", b"422", b"202", b"404", b"202", b"202"]
    assert re.findall(rb"x-request-id: (r-\d)", answer) == [b"r-1", b"r-2", b"r-3", b"r-5", b"r-6"]


async def test_many_requests_on_one_connection_are_all_taken(lane: Served, redis: ArqRedis) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", lane.port)
    for _ in range(50):
        writer.write(request())
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(re.findall(rb"content-length: (\d+)", head)[0])
        assert json.loads(await reader.readexactly(length))["data"]["state"] == "waiting"
    writer.close()
    assert lane.taken == 50
    assert await redis.zcard("report:index:waiting") == 50


@pytest.mark.parametrize("keep", [0, 30])
async def test_a_client_that_hangs_up_in_the_middle_leaves_nothing(
    lane: Served, redis: ArqRedis, keep: int
) -> None:
    sent = request()
    whole = sent.index(b"\r\n\r\n") + 4
    _, writer = await asyncio.open_connection("127.0.0.1", lane.port)
    writer.write(sent[: whole + keep])
    await writer.drain()
    await asyncio.sleep(0.05)
    writer.transport.abort()
    await asyncio.sleep(0.1)
    assert (lane.offered, await redis.dbsize()) == (0, 0)
    assert b" 202 " in await lane.raw(request())


async def test_a_client_that_hangs_up_before_the_answer_is_no_error(
    lane: Served, redis: ArqRedis, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(20):
        _, writer = await asyncio.open_connection("127.0.0.1", lane.port)
        writer.write(request())
        await writer.drain()
        writer.transport.abort()
    await asyncio.sleep(0.2)
    assert b" 202 " in await lane.raw(request())
    assert await redis.zcard("report:index:waiting") == lane.taken
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []


async def test_a_request_under_way_is_answered_when_the_server_stops(settings: Settings) -> None:
    sent = request()
    async with served(settings, with_lane=True) as producer:
        reader, writer = await asyncio.open_connection("127.0.0.1", producer.port)
        writer.write(sent[:-5])
        await asyncio.sleep(0.1)
        finishing = asyncio.get_running_loop().call_later(0.3, writer.write, sent[-5:])
    answer = await reader.read()
    assert finishing.when() > 0
    assert answer.startswith(b"HTTP/1.1 202 ")
    assert b"\r\nconnection: close\r\n" in answer
    writer.close()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Servers that keep an idle connection for a quarter of a second."""

    def make(app: FastAPI, settings: Settings) -> uvicorn.Config:
        config = make_config(app, settings)
        config.timeout_keep_alive = 0.25  # type: ignore[assignment]
        return config

    monkeypatch.setattr("tests.integration.producer.served.make_config", make)


@pytest.mark.usefixtures("impatient")
async def test_an_idle_connection_is_given_up_after_each_kind_of_answer(settings: Settings) -> None:
    for sent in (request(), request() * 3, request(b"{}"), request(method="GET")):
        answer, _ = await both(settings, sent, answers=100)
        assert answer.startswith(b"HTTP/1.1 ")


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("with_lane", [False, True])
async def test_a_connection_on_which_a_request_has_begun_is_not_idle(
    settings: Settings, with_lane: bool
) -> None:
    sent = request()
    async with served(settings, with_lane=with_lane) as producer, asyncio.timeout(20):
        reader, writer = await asyncio.open_connection("127.0.0.1", producer.port)
        for part in (sent, sent[70:]):
            writer.write(part)
            head = await reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 202 ")
            length = re.search(rb"content-length: (\d+)", head)
            assert length is not None
            await reader.readexactly(int(length[1]))
            writer.write(sent[:70])
            await asyncio.sleep(0.6)
        writer.close()


@pytest.mark.usefixtures("impatient")
async def test_answers_put_the_end_of_an_idle_connection_off(settings: Settings) -> None:
    answer, _ = await both(settings, *[request()] * 6, pause=0.1, answers=6)
    assert answer.count(b"HTTP/1.1 202 ") == 6
