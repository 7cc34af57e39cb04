"""The lane and the app give the same answers, byte for byte, on the same connection."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re

import pytest
import redis as sync_redis

from shared.reports import REPORT_TYPES
from shared.settings import Settings
from tests.integration.producer.served import served

PATH = "/api/v1/reports/generate"
GOOD = b'{"reportType":"test","data":{"period":"Q1","revenue":1}}'
BAD = b'{"reportType":"test","data":{}}'
#: shows that the connection is still in step, and ends it
LAST = b"GET /nowhere HTTP/1.1\r\nHost: localhost\r\nX-Request-ID: last\r\nConnection: close\r\n\r\n"
OPERATOR, VIEWER = "operator-key-of-a-test", "viewer-key-of-a-test"


def post(body: bytes = GOOD, *lines: str, **instead: str) -> bytes:
    """A request. `lines`: further headers; `instead`: of the method, path, version, or a usual header."""
    usual = {"host": "localhost", "content-type": "application/json", "content-length": str(len(body))}
    first = [instead.pop(name, usual) for name, usual in (("method", "POST"), ("path", PATH))]
    version = instead.pop("version", "HTTP/1.1")
    heads = {**usual, **{name.replace("_", "-"): value for name, value in instead.items()}}
    shown = [f"{name}: {value}" for name, value in heads.items() if value != "-"]
    return "\r\n".join([" ".join((*first, version)), *shown, *lines, "", ""]).encode("latin-1") + body


def chunked(body: bytes) -> bytes:
    return b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)


def data_of(number: str) -> bytes:
    """A report with a further key of that value, as JSON text."""
    return b'{"reportType":"test","data":{"period":"Q1","revenue":1,"x":%b}}' % number.encode()


CASES: dict[str, bytes] = {
    "good": post(),
    **{
        name: post(json.dumps({"reportType": name, "data": kind.example, "title": "T"}).encode())
        for name, kind in REPORT_TYPES.items()
    },
    "invalid": post(BAD),
    "no json": post(b"{"),
    "empty": post(b""),
    "mark": post(b"\xef\xbb\xbf" + GOOD),
    "twice the same key": post(b'{"reportType":"sales",' + GOOD[1:]),
    "null title": post(GOOD[:-1] + b',"title":null}'),
    "options": post(GOOD[:-1] + b',"tenant":"t","priority":1,"delayMs":5,"maxAttempts":2}'),
    "unknown option": post(GOOD[:-1] + b',"foo":1}'),
    **{
        f"x={value[:20]}": post(data_of(value))
        for value in (
            *("1e400", "-1E+999", "NaN", "-0.0", "9" * 400, "9" * 5000, r'"\ud800"', r'"\u0000"', '"\\b"'),
            *("[" * 40 + "]" * 40, "[" * 500 + "]" * 500, r'"\u0041"', '{"secret":1}', '"\x7f"', "01"),
        )
    },
    "not utf-8": post(GOOD.replace(b"Q1", b"\xff")),
    "large": post(GOOD.replace(b"Q1", b"x" * 1_100_000)),
    "too large": post(GOOD.replace(b"Q1", b"x" * 6_000_000)),
    **{
        f"content type {kind}": post(content_type=kind)
        for kind in ("Application/JSON", "application/json;charset=utf-8", "text/plain", "a/b+json", "-", "")
    },
    "two content types": post(GOOD, "Content-Type: text/plain"),
    **{
        f"host {name}": post(host=name)
        for name in ("127.0.0.1:1", "[::1]", "[", "evil.test", "", "-", "PRODUCER.test", "a b")
    },
    "two hosts": post(GOOD, "Host: evil.test"),
    **{
        line: post(GOOD, line)
        for line in (
            *("X-Request-ID: abc", "X-Request-ID: a b", "X-Request-ID: \xe9", "Origin: http://evil.test"),
            *("Origin: http://localhost", "Origin: https://ok.test", "Origin: ", "Expect: 100-continue"),
            *("Expect: x", "Content-Encoding: gzip", "Content-Encoding: identity", "Connection: close"),
            *("Connection: upgrade", "Upgrade: h2c", "X-A : b", "Content-Length: 3", "Content-Length: 57"),
            *("Transfer-Encoding: chunked", "Transfer-Encoding: identity", "Cookie: pressroom=x"),
            *("Idempotency-Key: ", "Idempotency-Key: a b", "Idempotency-Key: \xe9", "Idempotency-Key: k1"),
            *(f"X-API-Key: {OPERATOR}", f"X-API-Key: {VIEWER}", "X-API-Key: wrong", "X-API-Key: "),
            *(f"Authorization: Bearer {OPERATOR}", f"Authorization: bearer  {OPERATOR} "),
            *("Authorization: Basic eDp5", "Authorization: Bearer"),
        )
    },
    "the key again": post(GOOD, "Idempotency-Key: k1"),
    "the key again, spaced": post(GOOD.replace(b":", b" : "), "Idempotency-Key: k1"),
    "the key for another": post(GOOD.replace(b"Q1", b"Q2"), "Idempotency-Key: k1"),
    "two keys": post(GOOD, "Idempotency-Key: k1", "Idempotency-Key: k2"),
    "one good API key of two": post(GOOD, "X-API-Key: wrong", f"Authorization: Bearer {OPERATOR}"),
    **{
        f"path {path}": post(path=path)
        for path in (
            f"{PATH}?a=1",
            f"{PATH}?",
            f"{PATH}/",
            PATH.replace("e", "%65"),
            f"http://localhost{PATH}",
        )
    },
    **{f"method {method}": post(method=method) for method in ("PUT", "HEAD", "GET", "OPTIONS", "post")},
    "HTTP/1.0": post(version="HTTP/1.0"),
    "HTTP/2.0": post(version="HTTP/2.0"),
    "chunked": post(chunked(GOOD), "Transfer-Encoding: chunked", content_length="-"),
    **{
        f"length {length}": post(content_length=length)
        for length in ("0", "-1", "+56", "", "3", "9" * 24, "0x38", "056", "5 6", "-")
    },
    "pipelined": post() * 5 + post(BAD) + post() + post(GOOD, "Origin: http://evil.test") + post() * 2,
    "pipelined others": post() + LAST.replace(b"Connection: close\r\n", b"") + post(),
    "what follows a close": post(GOOD, "Connection: close") + post(),
    "what is no request": post() + b"\0\r\n\r\n",
}
#: those that must be whole before anything is answered
IN_PIECES = ("good", "table", "invalid", "mark", "pipelined", "pipelined others", "chunked", "two hosts")


async def answers(port: int, sent: bytes, *, in_pieces: bool = False) -> str:
    """All that comes back until the connection ends, without what differs from job to job."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    whole = sent + LAST
    step = 11 if in_pieces else len(whole)
    for start in range(0, len(whole), step):
        writer.write(whole[start : start + step])
        await asyncio.sleep(0)
    came = bytearray()
    with contextlib.suppress(ConnectionError):  # it may end before all was sent
        while part := await reader.read(65_536):
            came += part
    writer.close()
    return re.sub(r"date: [^\r]*", "date: D", re.sub(r"[0-9a-f]{32}", "ID", came.decode()))


@pytest.mark.parametrize(
    "further",
    [
        {},
        {"api_keys": f"one:operator:{OPERATOR},two:viewer:{VIEWER}"},
        {"cors_origins": "https://ok.test", "max_body_bytes": 1000},
    ],
    ids=["plain", "keys", "origins and a small limit"],
)
async def test_lane_and_app_answer_alike(settings: Settings, further: dict[str, object]) -> None:
    asked = settings.model_copy(update=further)
    async with served(asked) as producer:
        by_lane = {name: await answers(producer.port, sent) for name, sent in CASES.items()}
        in_pieces = {name: await answers(producer.port, CASES[name], in_pieces=True) for name in IN_PIECES}
    assert producer.taken
    sync_redis.Redis.from_url(settings.redis_url).flushall()
    async with served(asked, with_lane=False) as producer:
        by_app = {name: await answers(producer.port, sent) for name, sent in CASES.items()}
    for name, answer in by_app.items():
        assert by_lane[name] == answer, name
        assert in_pieces.get(name, answer) == answer, name


@pytest.mark.parametrize(
    ("further", "instead", "status"),
    [
        ({"api_keys": f"one:operator:{OPERATOR}"}, {}, b"401"),
        ({"api_keys": f"one:operator:{OPERATOR}"}, {"x_api_key": "wrong"}, b"401"),
        ({}, {"host": "evil.test"}, b"421"),
        ({}, {"content_type": "text/plain"}, b"415"),
    ],
)
async def test_who_is_refused_for_the_head_is_not_asked_for_the_body(
    settings: Settings, further: dict[str, object], instead: dict[str, str], status: bytes
) -> None:
    async with served(settings.model_copy(update=further)) as producer:
        reader, writer = await asyncio.open_connection("127.0.0.1", producer.port)
        writer.write(post(b"", content_length="1000", **instead))
        async with asyncio.timeout(30):
            assert (await reader.readline()).split()[1] == status
        writer.close()
