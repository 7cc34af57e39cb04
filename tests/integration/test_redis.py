"""Connections to Redis."""

from __future__ import annotations

import asyncio

from arq.connections import ArqRedis


async def test_a_cancelled_call_always_ends(redis: ArqRedis) -> None:
    """Cancelled at many moments: some fall between the end of a write and the wait for its answer."""

    async def call_for_ever() -> None:
        while True:
            await redis.execute_command("XREAD", "BLOCK", 1, "STREAMS", "nothing", "0")

    for number in range(300):
        task = asyncio.create_task(call_for_ever())
        await asyncio.sleep(number % 40 / 10_000)
        task.cancel()
        done, _ = await asyncio.wait({task}, timeout=10)
        assert done, f"cancellation {number} was dropped"
