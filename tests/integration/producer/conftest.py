"""A client of a producer that runs in the test's own process."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from producer.app import make_app
from shared.redis import connect
from shared.settings import Settings


@pytest.fixture
async def client(settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    app = make_app(settings, connect(settings, "test-producer"))
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://producer.test") as http,
    ):
        yield http
