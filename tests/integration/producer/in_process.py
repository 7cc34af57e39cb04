"""A producer that runs in the test's own process."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx

from producer.app import make_app
from shared.redis import connect
from shared.settings import Settings


@asynccontextmanager
async def client_of(settings: Settings, **headers: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a producer with these settings; it sends the headers with every request."""
    app = make_app(settings, connect(settings, "test-producer"))
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://producer.test", headers=headers) as http,
    ):
        yield http
