"""The dashboard's app on a real Redis."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from dashboard.app import make_app
from shared.settings import Settings
from shared.storage import LocalStorage


@pytest.fixture
def storage(settings: Settings) -> LocalStorage:
    """The folder that the app serves from."""
    store = LocalStorage(settings.storage_path)
    store.prepare()
    return store


@pytest.fixture
async def client(settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    app = make_app(settings)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://dashboard.test") as http,
    ):
        yield http
