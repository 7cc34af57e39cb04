"""Render children, and what runs jobs in them, that tests of this folder share."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from shared.queue.leases import Leases
from shared.settings import Settings
from shared.storage import DatasetFolder, LocalStorage
from tests.integration.worker.test_children import MEMORY_MB
from worker.children.forking import ForkServer
from worker.children.pool import ChildPool
from worker.children.process import RenderChild
from worker.executor import Executor
from worker.listeners import Listeners


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


@pytest.fixture
def listeners() -> Listeners:
    return Listeners()


@pytest.fixture
def executor(settings: Settings, leases: Leases, lone: ChildPool, listeners: Listeners) -> Executor:
    """It runs jobs of the worker `w1` in one child."""
    storage = LocalStorage(settings.storage_path)
    storage.prepare()
    return Executor(settings, leases, lone, storage, listeners, DatasetFolder(settings.dataset_path))


@asynccontextmanager
async def _pool(settings: Settings, size: int) -> AsyncIterator[ChildPool]:
    children = ChildPool(settings.model_copy(update={"worker_concurrency": size}))
    children.start()
    yield children
    await children.close()
