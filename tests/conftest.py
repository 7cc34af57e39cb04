"""Fixtures that all tests share: a real Redis, settings that point at it, jobs in every state."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import redis as sync_redis
from arq.connections import ArqRedis

from shared.launcher.embedded_redis import EmbeddedRedis
from shared.queue.commands import QueueCommands
from shared.queue.leases import Leases
from shared.queue.reads import QueueReads
from shared.redis import connect
from shared.settings import Settings
from tests.factories import JobFactory

LEASE_MS = 10_000


@pytest.fixture(scope="session")
def redis_server() -> Iterator[EmbeddedRedis]:
    """One server for the whole session; it never persists."""
    server = EmbeddedRedis(None, append_only=False)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def redis_url(redis_server: EmbeddedRedis) -> str:
    """The server's URL; its data are empty."""
    client = sync_redis.Redis.from_url(redis_server.url)
    client.flushall()
    client.close()
    return redis_server.url


@pytest.fixture
def settings(redis_url: str, tmp_path: Path) -> Settings:
    """Settings for one test: its own Redis data and its own folders, whatever the environment says."""
    return Settings(
        redis_url=redis_url,
        storage_url=(tmp_path / "uploads").as_uri(),
        data_dir=tmp_path / "data",
        api_keys="",
        allowed_hosts="producer.test,dashboard.test",
        cors_origins="",
        log_format="console",
    )


@pytest.fixture
async def redis(settings: Settings) -> AsyncIterator[ArqRedis]:
    """A client."""
    client = connect(settings, "test")
    yield client
    await client.aclose()


@pytest.fixture
def commands(redis: ArqRedis) -> QueueCommands:
    """The clients' side of the queue."""
    return QueueCommands(redis)


@pytest.fixture
def reads(redis: ArqRedis) -> QueueReads:
    """The readers' side of the queue."""
    return QueueReads(redis)


@pytest.fixture
def leases(redis: ArqRedis) -> Leases:
    """The side of the worker `w1`."""
    return Leases(redis, "w1", LEASE_MS, poison_limit=2)


@pytest.fixture
def jobs(redis: ArqRedis, commands: QueueCommands, leases: Leases) -> JobFactory:
    """Makes jobs in a given state, by the scripts alone."""
    return JobFactory(redis, commands, leases)
