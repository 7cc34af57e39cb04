"""The leading scheduler's side of the queue, and its folder of PDFs."""

from __future__ import annotations

import pytest
from arq.connections import ArqRedis

from shared.queue.maintenance import Maintenance
from shared.settings import Settings
from shared.storage import LocalStorage


@pytest.fixture
async def upkeep(redis: ArqRedis) -> Maintenance:
    """The leading scheduler's side."""
    queue = Maintenance(redis, "s1", 2, 1.0)
    await queue.sweep()
    return queue


@pytest.fixture
def storage(settings: Settings) -> LocalStorage:
    storage = LocalStorage(settings.storage_path)
    storage.prepare()
    return storage
