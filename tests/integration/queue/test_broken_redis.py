"""What the queue says when Redis lost its scripts, its memory or is not there."""

from __future__ import annotations

import pytest
from arq.connections import ArqRedis

from shared.errors import QueueUnavailable
from shared.queue.commands import QueueCommands
from shared.queue.reads import QueueReads
from shared.redis import connect
from shared.settings import Settings
from tests.factories import spec


async def test_scripts_come_back_after_a_script_flush(commands: QueueCommands, redis: ArqRedis) -> None:
    await commands.submit(spec())
    await redis.script_flush()
    assert (await commands.submit(spec())).created


async def test_redis_out_of_memory_is_unavailable_and_loses_nothing(
    commands: QueueCommands, redis: ArqRedis, reads: QueueReads
) -> None:
    await redis.config_set("maxmemory", "1")
    try:
        with pytest.raises(QueueUnavailable):
            await commands.submit(spec())
    finally:
        await redis.config_set("maxmemory", "0")
    assert sum((await reads.counts()).values()) == 0


async def test_an_absent_redis_is_unavailable(settings: Settings) -> None:
    away = connect(settings.model_copy(update={"redis_url": "redis://127.0.0.1:1/0"}), "test")
    with pytest.raises(QueueUnavailable):
        await QueueCommands(away).submit(spec())
    with pytest.raises(QueueUnavailable):
        await QueueReads(away).counts()
    await away.aclose()
