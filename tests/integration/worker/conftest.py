"""Render children that tests of this folder share."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from shared.settings import Settings
from tests.integration.worker.test_children import MEMORY_MB
from worker.children.forking import ForkServer
from worker.children.pool import ChildPool
from worker.children.process import RenderChild


@pytest.fixture
async def server() -> AsyncIterator[ForkServer]:
    forks = ForkServer(MEMORY_MB)
    yield forks
    await forks.close()


@pytest.fixture
async def child(server: ForkServer) -> AsyncIterator[RenderChild]:
    started = await RenderChild.start(server)
    yield started
    await started.close()


@pytest.fixture
async def pool(settings: Settings) -> AsyncIterator[ChildPool]:
    """Two children."""
    async with _pool(settings, 2) as children:
        yield children


@pytest.fixture
async def lone(settings: Settings) -> AsyncIterator[ChildPool]:
    """One child."""
    async with _pool(settings, 1) as children:
        yield children


@asynccontextmanager
async def _pool(settings: Settings, size: int) -> AsyncIterator[ChildPool]:
    children = ChildPool(settings.model_copy(update={"worker_concurrency": size}))
    children.start()
    yield children
    await children.close()
