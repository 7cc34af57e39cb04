"""The short way for plain reports: the same as the app's own way, byte for byte, whatever is sent."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
from arq.connections import ArqRedis
from prometheus_client import generate_latest

from shared.http.lane import MAX_BODY_BYTES
from shared.metrics import REGISTRY
from shared.queue import keys
from shared.queue.reads import QueueReads
from shared.settings import Settings
from tests.integration.producer.lane_client import GENERATE, SALES, both, request
from tests.integration.producer.served import Served, served


@pytest.fixture
async def lane(settings: Settings) -> AsyncIterator[Served]:
    async with served(settings, with_lane=True) as result:
        yield result


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
