"""What the producer is told of a call that goes through the dashboard."""

from __future__ import annotations

import gzip
from typing import Any, cast

import httpx


async def test_the_producer_sees_the_request_as_it_is_under_the_id_that_the_answer_has(
    client: httpx.AsyncClient,
) -> None:
    seen: list[httpx.Request] = []

    async def producer(request: httpx.Request) -> httpx.Response:
        await request.aread()
        seen.append(request)
        return httpx.Response(202, json={}, headers={"X-Request-ID": request.headers["x-request-id"]})

    app = cast(Any, client)._transport.app
    app.state.producer = httpx.AsyncClient(transport=httpx.MockTransport(producer))
    sent = {
        "Content-Type": "application/json",
        "Content-Encoding": "gzip",
        "Content-Disposition": 'attachment; filename="rows.csv"',
        "Idempotency-Key": "order-17",
    }
    body = gzip.compress(b"{}")
    for path in ("/api/reports", "/api/datasets"):
        answer = await client.post(path, content=body, headers=sent)
        request = seen.pop()
        assert {name: request.headers[name] for name in sent} == sent
        assert request.content == body
        assert request.headers["x-request-id"] == answer.headers["x-request-id"]
