"""The scheduler's life: each duty at its own interval, until a signal."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import time
from collections.abc import Awaitable, Callable

from scheduler import mend, sweep
from shared.errors import QueueUnavailable
from shared.logs import get_logger
from shared.queue.maintenance import Maintenance
from shared.queue.reads import QueueReads
from shared.redis import connect
from shared.settings import Settings

log = get_logger("scheduler")

#: wait after a duty that Redis did not take, in seconds
REDIS_RETRY_SECONDS = 1.0


async def run_scheduler(settings: Settings) -> None:
    """Sweeps and mends until SIGINT or SIGTERM, then returns."""
    scheduler_id = f"{socket.gethostname()}-{os.getpid()}"
    redis = connect(settings, f"pressroom:scheduler:{scheduler_id}", max_connections=4)
    queue = Maintenance(redis, scheduler_id, settings.poison_limit, settings.sweep_seconds)

    async def sweep_all() -> None:
        while (await sweep.run_once(queue)).may_be_more:
            pass

    async def mend_all() -> None:
        await mend.run_once(queue)

    duties = [
        asyncio.create_task(_repeat("sweep", sweep_all, settings.sweep_seconds)),
        asyncio.create_task(_repeat("mend", mend_all, settings.mend_seconds)),
    ]
    log.info("scheduler ready", sweep_seconds=settings.sweep_seconds, mend_seconds=settings.mend_seconds)
    try:
        await _first_signal(duties)
    finally:
        for duty in duties:
            duty.cancel()
        await asyncio.gather(*duties, return_exceptions=True)
        await redis.aclose()
        log.info("scheduler stopped")


async def is_sweeping(settings: Settings) -> bool:
    """Whether some scheduler swept lately; for health checks."""
    redis = connect(settings, "pressroom:scheduler-check", max_connections=1)
    try:
        return await QueueReads(redis).scheduler() is not None
    except QueueUnavailable:
        return False
    finally:
        await redis.aclose()


async def _repeat(name: str, duty: Callable[[], Awaitable[None]], interval_seconds: float) -> None:
    """Runs a duty at its interval; sits out the times when Redis is away and says so once."""
    away = False
    while True:
        began = time.monotonic()
        try:
            await duty()
            if away:
                log.info("redis is back", duty=name)
            away, wait = False, interval_seconds - (time.monotonic() - began)
        except QueueUnavailable as error:
            if not away:
                log.warning("redis is away", duty=name, reason=str(error))
            away, wait = True, REDIS_RETRY_SECONDS
        await asyncio.sleep(max(0.0, wait))


async def _first_signal(duties: list[asyncio.Task[None]]) -> None:
    """Waits for SIGINT or SIGTERM; a duty that ends by a bug ends the scheduler, loudly."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for signum in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(signum, stop.set)
    stopping = asyncio.create_task(stop.wait())
    done, _ = await asyncio.wait([stopping, *duties], return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    for task in done - {stopping}:
        task.result()
