"""The app on fakes: no Redis is running here."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, cast

import httpx
import pytest

from dashboard.app import build_app
from dashboard.live import Hub
from dashboard.services import Services
from shared.redis import connect
from shared.settings import Settings
from shared.storage import LocalStorage
from tests.unit.dashboard.fakes import FakeQueue

#: nothing listens on this port
NO_REDIS = "redis://127.0.0.1:1/0"


@pytest.fixture
def queue() -> FakeQueue:
    return FakeQueue()


@pytest.fixture
async def client(queue: FakeQueue, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    settings = Settings(redis_url=NO_REDIS, api_keys="", cors_origins="", alert_disk_mb=0)
    redis = connect(settings, "test")
    double = cast(Any, queue)
    services = Services(double, double, LocalStorage(tmp_path), Hub(double, double), double, settings)
    transport = httpx.ASGITransport(build_app(settings, redis, services))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as http:
        yield http
    await redis.aclose()
