"""What every web app of Pressroom has in common, tried on an app with a few routes."""

from __future__ import annotations

import asyncio
import gzip
import logging
import zlib
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import StreamingResponse
from starlette.types import Message

from shared.http import create_app
from shared.http.body import parse_json, read_body
from shared.redis import connect
from shared.settings import Settings

ORIGIN = "https://app.example"
LIMIT = 2000


def make_app(**changes: Any) -> FastAPI:
    settings = Settings.model_validate({"redis_url": "redis://127.0.0.1:1/0", **changes})
    app = create_app(service="test", title="Test", settings=settings, redis=connect(settings, "test"))

    @app.get("/thing")
    async def thing() -> dict[str, int]:
        return {"n": 1}

    @app.get("/stream")
    async def stream() -> StreamingResponse:
        async def without_end() -> AsyncIterator[bytes]:
            while True:
                yield b"x"
                await asyncio.Event().wait()

        return StreamingResponse(without_end())

    @app.get("/bug")
    async def bug() -> None:
        raise KeyError("secret detail")

    @app.post("/echo")
    async def echo(request: Request) -> Any:
        return parse_json(await read_body(request, LIMIT))

    return app


def client_of(app: FastAPI) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app, raise_app_exceptions=True)
    return httpx.AsyncClient(transport=transport, base_url="http://localhost")


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(make_app(cors_origins=ORIGIN)) as client:
        yield client


async def test_head_is_answered_wherever_get_is_and_has_no_body(client: httpx.AsyncClient) -> None:
    got, head = await client.get("/thing"), await client.head("/thing")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == got.headers["content-length"]
    assert (await client.head("/stream")).status_code == 200
    assert (await client.head("/nothing")).status_code == 404
    assert (await client.head("/echo")).status_code == 405


async def test_a_bug_is_a_500_with_request_id_and_cors_and_without_its_text(
    client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    headers = {"Origin": ORIGIN, "X-Request-ID": "r-1"}
    with caplog.at_level(logging.ERROR):
        answer = await client.get("/bug", headers=headers)
    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["x-request-id"] == "r-1"
    assert answer.headers["access-control-allow-origin"] == ORIGIN
    assert "secret" not in answer.text


@pytest.mark.parametrize("origin", ["http://[bad", "http://evil.example", "null", "http://\xff"])
async def test_a_write_of_a_strange_page_is_a_403_however_its_origin_is_written(
    client: httpx.AsyncClient, origin: str
) -> None:
    answer = await client.post("/echo", json=1, headers={"Origin": origin.encode("latin-1")})  # type: ignore[dict-item]
    assert answer.status_code == 403
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("allowed", ["*", ORIGIN.upper() + "/"])
async def test_a_write_of_a_configured_origin_is_let_in(allowed: str) -> None:
    async with client_of(make_app(cors_origins=allowed)) as client:
        answer = await client.post("/echo", json=1, headers={"Origin": ORIGIN})
        assert (answer.status_code, answer.json()) == (200, 1)
        assert answer.headers["access-control-allow-origin"] in ("*", ORIGIN)


async def test_a_write_of_our_own_pages_is_let_in_behind_a_proxy_with_its_own_host_name() -> None:
    async with client_of(make_app(dashboard_url="https://Reports.example.com/")) as client:
        for origin, status in (("https://reports.example.com", 200), ("http://reports.example.com", 403)):
            answer = await client.post("/echo", json=1, headers={"Origin": origin})
            assert answer.status_code == status


@pytest.mark.parametrize(
    "headers",
    [
        {"X-API-Key": "schlüssel".encode()},
        {"Authorization": "Bearer schlüssel".encode()},
        {"Authorization": b"Basic OnNjaGzDvHNzZWw="},
        {"Authorization": b"Bearer of-the-proxy", "X-API-Key": b"k2"},
    ],
)
async def test_one_good_key_lets_in_letters_of_any_kind_included(headers: dict[str, bytes]) -> None:
    async with client_of(make_app(api_keys="schlüssel,k2")) as client:
        assert (await client.get("/thing", headers=headers)).status_code == 200  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "headers", [{}, {"X-API-Key": "k3"}, {"Authorization": "Bearer "}, {"Authorization": "Basic !!!"}]
)
async def test_without_a_good_key_nothing_but_health_is_answered(headers: dict[str, str]) -> None:
    async with client_of(make_app(api_keys="k2")) as client:
        assert (await client.get("/thing", headers=headers)).status_code == 401
        assert (await client.get("/health", headers=headers)).status_code == 503  # Redis is away


async def test_a_byte_order_mark_and_packed_bodies_are_read(client: httpx.AsyncClient) -> None:
    assert (await client.post("/echo", content=b'\xef\xbb\xbf{"a": 1}')).json() == {"a": 1}
    for encoding, body in (("gzip", gzip.compress(b"[1]")), ("deflate", zlib.compress(b"[1]"))):
        answer = await client.post("/echo", content=body, headers={"Content-Encoding": encoding})
        assert answer.json() == [1]


@pytest.mark.parametrize(
    ("encoding", "body", "status"),
    [
        ("gzip", b"[1]", 422),
        ("gzip", gzip.compress(b"[1]")[:-9], 422),
        ("gzip", gzip.compress(b" " * 10_000_000), 413),
        ("br", b"[1]", 415),
    ],
)
async def test_a_body_that_can_not_be_unpacked_is_refused(
    client: httpx.AsyncClient, encoding: str, body: bytes, status: int
) -> None:
    answer = await client.post("/echo", content=body, headers={"Content-Encoding": encoding})
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


async def post(headers: dict[str, str], messages: list[Message]) -> tuple[int, int]:
    """The status of the answer, and how many of the messages were not taken from the client."""
    statuses: list[int] = []

    async def receive() -> Message:
        return messages.pop(0)

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "method": "POST", "path": "/echo", "headers": raw, "query_string": b""}
    await make_app()(scope, receive, send)
    return statuses[0], len(messages)


def chunks(count: int) -> list[Message]:
    more = [{"type": "http.request", "body": b"x" * LIMIT, "more_body": True} for _ in range(count)]
    return [*more, {"type": "http.request", "body": b"", "more_body": False}]


async def test_a_body_too_large_is_taken_in_to_its_end_so_that_the_client_sees_the_answer() -> None:
    assert await post({"content-length": str(50 * LIMIT)}, chunks(50)) == (413, 0)
    assert await post({}, chunks(50)) == (413, 0)


async def test_a_client_that_waits_for_leave_to_send_too_much_gets_none() -> None:
    headers = {"content-length": str(50 * LIMIT), "expect": "100-continue"}
    assert await post(headers, chunks(50)) == (413, 51)


async def test_a_client_that_hangs_up_is_no_error(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        await post({}, [{"type": "http.disconnect"}])
    assert caplog.records == []


async def test_every_error_of_the_openapi_document_is_a_problem(client: httpx.AsyncClient) -> None:
    document = (await client.get("/openapi.json")).json()
    for path in ("/thing", "/health", "/metrics"):
        responses = document["paths"][path]["get"]["responses"]
        assert list(responses["4XX"]["content"]) == ["application/problem+json"]
        assert "422" not in responses
    assert list(document["paths"]["/metrics"]["get"]["responses"]["200"]["content"]) == ["text/plain"]


@pytest.mark.parametrize(
    "host",
    [
        *(
            "localhost",
            "localhost:5003",
            "LOCALHOST",
            "127.0.0.1:5003",
            "[::1]:5003",
            "192.168.1.7",
            "a.localhost",
        ),
        *("reports.example.com", "reports.example.com:8443", "dash.example.com", "listed.internal"),
    ],
)
async def test_a_request_for_this_machine_or_a_configured_name_is_answered(host: str) -> None:
    async with hosted() as client:
        assert (await client.get("/echo", headers={"Host": host})).status_code == 405


@pytest.mark.parametrize(
    "host", ["evil.example", "localhost.evil.example", "127.0.0.1.nip.io:5003", "x@y", "["]
)
async def test_a_name_that_somebody_else_lets_point_here_is_not(host: str) -> None:
    async with hosted() as client:
        answer = await client.post("/echo", json={}, headers={"Host": host})
        assert answer.status_code == 421
        assert answer.headers["content-type"] == "application/problem+json"
        assert "PRESSROOM_ALLOWED_HOSTS" in answer.json()["detail"]
        assert (await client.get("/ready", headers={"Host": host})).status_code == 503  # there is no Redis


async def test_names_do_not_matter_where_keys_are_needed_or_the_network_is_trusted() -> None:
    for changes in (
        {"api_keys": "k"},
        {"host": "0.0.0.0", "trusted_network": True, "allowed_hosts": ""},
        {"allowed_hosts": "*"},
    ):
        async with hosted(**changes) as client:
            answer = await client.get("/echo", headers={"Host": "any.example", "X-API-Key": "k"})
            assert answer.status_code == 405


async def test_a_refused_method_names_those_of_every_route_of_the_path() -> None:
    async with hosted() as client:
        answer = await client.put("/both")
        assert (answer.status_code, answer.headers["allow"]) == (405, "DELETE, GET, HEAD")


def hosted(**changes: Any) -> httpx.AsyncClient:
    names = {
        "producer_url": "https://reports.example.com:8443",
        "dashboard_url": "https://dash.example.com",
        "allowed_hosts": "listed.internal",
    }
    settings = Settings.model_validate({"redis_url": "redis://127.0.0.1:1/0", **names, **changes})
    app = create_app(service="test", title="Test", settings=settings, redis=connect(settings, "test"))
    reading, deleting = APIRouter(), APIRouter()

    @app.post("/echo")
    async def echo() -> None:
        return None

    @reading.get("/both")
    async def read() -> None:
        return None

    @deleting.delete("/both")
    async def delete() -> None:
        return None

    app.include_router(reading)
    app.include_router(deleting)
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost")
