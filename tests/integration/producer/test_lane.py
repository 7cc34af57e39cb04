"""The short way for plain reports: the same as the app's own way, byte for byte, whatever is sent."""

from __future__ import annotations

import asyncio
import gzip
import json
import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
import uvicorn
from arq.connections import ArqRedis
from fastapi import FastAPI
from prometheus_client import generate_latest

from shared.http.lane import MAX_BODY_BYTES
from shared.http.server import make_config
from shared.metrics import REGISTRY
from shared.queue import keys
from shared.queue.reads import QueueReads
from shared.settings import Settings
from tests.integration.producer.served import Served, served

GENERATE = "/api/v1/reports/generate"
SALES: dict[str, Any] = {"reportType": "sales", "data": {"period": "2025-Q4", "revenue": 1250000}}


@pytest.fixture
async def lane(settings: Settings) -> AsyncIterator[Served]:
    async with served(settings, with_lane=True) as result:
        yield result


def request(
    body: bytes | None = None,
    *lines: str,
    method: str = "POST",
    path: str = GENERATE,
    host: str = "localhost",
) -> bytes:
    """A request; further header lines go before `Content-Length`."""
    if body is None:
        body = json.dumps(SALES, separators=(",", ":")).encode()
    head = [f"{method} {path} HTTP/1.1", f"Host: {host}", *lines]
    if not any(line.lower().startswith("content-type") for line in lines):
        head.append("Content-Type: application/json")
    if not any(line.lower().startswith(("content-length", "transfer-encoding")) for line in lines):
        head.append(f"Content-Length: {len(body)}")
    return "\r\n".join(head).encode("latin-1") + b"\r\n\r\n" + body


def alike(answer: bytes) -> bytes:
    """The answer without what differs each time."""
    answer = re.sub(rb"date: [^\r]*", b"date: *", answer)
    return re.sub(rb"[0-9a-f]{32}", b"*", answer)


async def both(settings: Settings, *parts: bytes, pause: float = 0.0, answers: int = 1) -> tuple[bytes, int]:
    """The answer, which must be the same with the lane and without it; how many requests the lane took."""
    found = []
    for with_lane in (False, True):
        async with served(settings, with_lane=with_lane) as producer:
            found.append(alike(await producer.raw(*parts, pause=pause, answers=answers)))
    assert found[0] == found[1]
    return found[0], producer.taken


PLAIN: list[bytes] = [
    request(),
    request(None, "X-Request-ID: r-17"),
    request(None, "X-Request-ID: no good id"),
    request(None, "Connection: close"),
    request(None, "Content-Type: application/json; charset=utf-8"),
    request(None, "Cookie: a=b", "Accept: */*", "User-Agent: x", "X-Forwarded-For: 1.2.3.4"),
    request(json.dumps({**SALES, "title": "Ünïcode – 日本 😀"}).encode()),
    request(json.dumps({**SALES, "title": "Ünïcode – 日本 😀"}, ensure_ascii=False).encode()),
    request(json.dumps({**SALES, "priority": 0, "delayMs": 60000, "tenant": "t", "maxAttempts": 1}).encode()),
    request(b"\xef\xbb\xbf" + json.dumps(SALES).encode()),
    request(json.dumps(SALES, indent=2).encode()),
]


@pytest.mark.parametrize("sent", PLAIN)
async def test_a_plain_report_is_taken_on_the_lane_with_the_apps_answer(
    settings: Settings, sent: bytes
) -> None:
    answer, taken = await both(settings, sent)
    assert answer.startswith(b"HTTP/1.1 202 Accepted\r\n")
    assert taken == 1


UNUSUAL: list[tuple[bytes, int]] = [
    (request(b""), 422),
    (request(b"hello"), 422),
    (request(b"null"), 422),
    (request(b'{"reportType":"sales","data":{"period":"\xff","revenue":1}}'), 422),
    (request(b'{"reportType":"sales","data":{"period":"\\ud800","revenue":1}}'), 422),
    (request(b'{"reportType":"sales","data":{"period":"Q","revenue":NaN}}'), 422),
    (request(b'{"reportType":"sales","data":{"period":"a\\u0007b","revenue":1}}'), 422),
    (request(b'{"reportType":"sales","data":{"period":"a\x7fb","revenue":1}}'), 422),
    (request(b'{"reportType":"sales","data":{"period":"Q","revenue":' + b"9" * 400 + b"}}"), 422),
    (
        request(
            b'{"reportType":"sales","data":{"period":"Q","revenue":1,"x":' + b"[" * 40 + b"]" * 40 + b"}}"
        ),
        422,
    ),
    (request(b'{"reportType":"sales","data":' + b"[" * 100_000 + b"]" * 100_000 + b"}"), 422),
    (request(json.dumps({**SALES, "priority": 11}).encode()), 422),
    (request(json.dumps({**SALES, "colour": "red"}).encode()), 422),
    (request(json.dumps({"reportType": "poem", "data": {}}).encode()), 422),
    (request(json.dumps({"reportType": "table", "data": {"dataset": "0" * 32}}).encode()), 422),
    (request(None, "Content-Type: text/plain"), 415),
    (request(None, "Content-Type: application/vnd.api+json"), 202),
    (request(None, "Content-Type: application/json", "Content-Type: text/plain"), 202),
    (request(None, "Content-Type: text/plain", "Content-Type: application/json"), 415),
    (request(gzip.compress(json.dumps(SALES).encode()), "Content-Encoding: gzip"), 202),
    (request(None, "Content-Encoding: br"), 415),
    (request(None, "Origin: http://evil.example"), 403),
    (request(None, "Origin: http://localhost"), 202),
    (request(None, host="evil.example"), 421),
    (request(None, "Host: evil.example"), 202),
    (request(None, "Idempotency-Key: a b"), 422),
    (request(None, "Idempotency-Key: "), 422),
    (request(None, "X-Request-ID: a", "X-Request-ID: b"), 202),
    (request(path=f"{GENERATE}?x=1"), 202),
    (request(path=f"{GENERATE}/"), 307),
    (request(path="/api/v1/reports/%67enerate"), 202),
    (request(method="PUT"), 405),
    (request(method="GET"), 404),
    (request(method="HEAD"), 404),
    (request(method="OPTIONS"), 405),
    (request(method="post"), 400),
    (request(None, "Transfer-Encoding: chunked", "Content-Length: 5"), 400),
    (request(b"x", "Content-Length: -1"), 400),
    (request(b"x", "Content-Length: 1", "Content-Length: 2"), 400),
    (request(None, "Upgrade: websocket", "Connection: Upgrade"), 422),
    (request(b'{"a":"' + b"y" * 6_291_456 + b'"}'), 413),
    (request(b'{"a":"' + b"y" * MAX_BODY_BYTES + b'"}'), 422),
]


@pytest.mark.parametrize(("sent", "status"), UNUSUAL)
async def test_what_is_unusual_or_wrong_has_the_apps_answer(
    settings: Settings, sent: bytes, status: int
) -> None:
    answer, taken = await both(settings, sent)
    assert answer.startswith(f"HTTP/1.1 {status} ".encode())
    assert taken == 0


async def test_a_chunked_body_and_an_older_client_are_answered(settings: Settings) -> None:
    body = json.dumps(SALES).encode()
    parts = b"%x\r\n%b\r\n%x\r\n%b\r\n0\r\n\r\n" % (10, body[:10], len(body) - 10, body[10:])
    answer, _ = await both(settings, request(b"", "Transfer-Encoding: chunked"), parts, pause=0.05)
    assert answer.startswith(b"HTTP/1.1 202 ")
    old = request().replace(b"HTTP/1.1", b"HTTP/1.0", 1)
    answer, _ = await both(settings, old)
    assert answer.startswith(b"HTTP/1.1 202 ")


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


ALL_OPTIONS: dict[str, Any] = {
    "priority": 2,
    "tenant": "a",
    "timeoutSeconds": 9,
    "maxAttempts": 2,
    "delayMs": 60_000,
    "reuse": True,
    "webhook": {"url": "https://93.184.216.34/done", "secret": "whsec_" + "c2VjcmV0" * 6},
}


@pytest.mark.parametrize("options", [{}, *({key: value} for key, value in ALL_OPTIONS.items()), ALL_OPTIONS])
async def test_the_job_is_the_one_that_the_app_would_have_made(
    settings: Settings, reads: QueueReads, redis: ArqRedis, options: dict[str, Any]
) -> None:
    data = {"period": "Ä", "revenue": 1.5, "x": {"password": "p"}}
    body = json.dumps({**SALES, "title": "T", "data": data, **options})
    for text in (body, body.replace(" ", "")):
        jobs, documents = [], []
        for with_lane in (False, True):
            await redis.flushall()
            async with served(settings, with_lane=with_lane) as producer:
                answer = await producer.raw(request(text.encode(), "X-Request-ID: r-1"))
                assert producer.taken == with_lane
            job_id = re.findall(rb'"jobId":"([0-9a-f]{32})"', answer)[0].decode()
            document = await reads.document(job_id) or {}
            documents.append({key: document.get(key) for key in ("jobData", "requestId", "title", "tenant")})
            record = await redis.hgetall(keys.job(job_id))
            jobs.append({key: value for key, value in record.items() if not key.endswith(b"At")})
        assert documents[0] == documents[1]
        assert jobs[0] == jobs[1]


async def test_the_same_key_gives_the_same_job_on_either_way(settings: Settings) -> None:
    keyed = request(None, "Idempotency-Key: order-17")
    other = request(json.dumps({**SALES, "priority": 1}).encode(), "Idempotency-Key: order-17")
    ids = set()
    for with_lane in (True, False, True):
        async with served(settings, with_lane=with_lane) as producer:
            ids |= set(re.findall(rb'"jobId":"([0-9a-f]{32})"', await producer.raw(keyed)))
            assert b"409 Conflict" in await producer.raw(other)
    assert len(ids) == 1
    answer, taken = await both(settings, keyed)
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    assert taken == 1
    answer, taken = await both(settings, other)
    assert b"idempotency-conflict" in answer
    assert taken == 1


@pytest.mark.parametrize(
    ("lines", "status", "takes"),
    [
        ((), 401, 0),
        (("X-API-Key: wrong",), 401, 0),
        (("X-API-Key: of-the-viewer",), 403, 0),
        (("X-API-Key: schlüssel",), 401, 0),
        (("X-API-Key: good",), 202, 1),
        (("Authorization: Bearer good",), 202, 1),
        (("Authorization: bearer  good",), 202, 1),
        (("Authorization: Basic Omdvb2Q=",), 202, 0),
        (("Authorization: Bearer wrong",), 401, 0),
        (("Authorization: Bearer of-a-proxy", "X-API-Key: good"), 202, 0),
        (("X-API-Key: good", "X-API-Key: wrong"), 202, 0),
        (("X-API-Key: good", "Origin: http://evil.example"), 403, 0),
    ],
)
async def test_keys_let_in_whom_the_app_lets_in(
    settings: Settings, lines: tuple[str, ...], status: int, takes: int
) -> None:
    keyed = settings.model_copy(update={"api_keys": "v:viewer:of-the-viewer,o:operator:good"})
    answer, taken = await both(keyed, request(None, *lines, host="any.example"))
    assert answer.startswith(f"HTTP/1.1 {status} ".encode())
    assert taken == takes


async def test_a_body_over_the_configured_limit_is_refused(settings: Settings) -> None:
    small = settings.model_copy(update={"max_body_bytes": 40})
    answer, taken = await both(small, request())
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert taken == 0


async def test_without_redis_the_lane_answers_what_the_app_does(settings: Settings) -> None:
    away = settings.model_copy(update={"redis_url": "redis://127.0.0.1:1/0"})
    answer, taken = await both(away, request(None, "X-Request-ID: r-1"))
    assert answer.startswith(b"HTTP/1.1 503 ")
    assert b"retry-after: 2\r\n" in answer
    assert taken == 1


async def test_a_script_that_redis_forgot_is_sent_again(lane: Served, redis: ArqRedis) -> None:
    await redis.script_flush()
    assert b" 202 " in await lane.raw(request())


async def test_a_bug_after_the_submit_is_a_500_that_is_logged(
    lane: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> None:
        raise KeyError("secret detail")

    monkeypatch.setattr("producer.lane.count_submitted", broken)
    answer = await lane.raw(request(None, "X-Request-ID: r-1"))
    assert answer.startswith(b"HTTP/1.1 500 ")
    assert b"x-request-id: r-1\r\n" in answer
    assert b"secret" not in answer


async def test_both_ways_count_alike(settings: Settings) -> None:
    async def counted(with_lane: bool) -> dict[str, float]:
        before = figures()
        async with served(settings, with_lane=with_lane) as producer:
            for _ in range(3):
                await producer.raw(request())
            await producer.raw(request(b"{}"))
        return {
            key: value - before.get(key, 0) for key, value in figures().items() if value != before.get(key)
        }

    assert await counted(True) == await counted(False)


def figures() -> dict[str, float]:
    """The counters of requests and jobs."""
    lines = generate_latest(REGISTRY).decode().splitlines()
    wanted = re.compile(
        r"(pressroom_(?:http_requests_total|http_request_seconds_count|jobs_submitted_total).*) (\S+)"
    )
    return {match[1]: float(match[2]) for line in lines if (match := wanted.fullmatch(line))}


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
