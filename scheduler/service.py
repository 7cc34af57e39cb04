"""The scheduler's life: each duty at its own interval, until a signal."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from dataclasses import replace

import httpx
from arq.connections import ArqRedis

from scheduler import alerts, mend, retention, sweep, webhooks
from scheduler.dataset_retention import DatasetRetention
from scheduler.duty import Duty
from scheduler.lost_workers import LostWorkers
from scheduler.orphans import Orphans
from shared.errors import QueueUnavailable
from shared.logs import get_logger
from shared.outage import Outage
from shared.queue.connections import ConnectionReads
from shared.queue.dataset_use import DatasetUsers
from shared.queue.maintenance import Maintenance
from shared.queue.outbox import Outbox
from shared.queue.reads import QueueReads
from shared.queue.reads.search import SearchText
from shared.queue.watch import AlertLog
from shared.redis import connect
from shared.settings import Settings
from shared.storage.opening import open_storage

log = get_logger("scheduler")


async def run_scheduler(settings: Settings) -> None:
    """Does its duties until SIGINT or SIGTERM. Any number may run: one leads, others wait."""
    scheduler_id = f"{socket.gethostname()}-{os.getpid()}"
    redis = connect(settings, f"pressroom:scheduler:{scheduler_id}", max_connections=4)
    watching = connect(settings, f"pressroom:scheduler-watch:{scheduler_id}", max_connections=1)
    queue = Maintenance(
        redis, scheduler_id, settings.poison_limit, settings.sweep_seconds, settings.lease_seconds
    )
    outage = Outage(log)
    duties = [
        asyncio.create_task(replace(duty, outage=outage).repeat())
        for duty in _duties(settings, queue, redis, watching)
    ]
    log.info("scheduler ready", sweep_seconds=settings.sweep_seconds, mend_seconds=settings.mend_seconds)
    try:
        await _first_signal(duties)
    finally:
        for duty in duties:
            duty.cancel()
        await asyncio.gather(*duties, return_exceptions=True)
        await queue.resign()
        await redis.aclose()
        await watching.aclose()
        log.info("scheduler stopped")


def _duties(settings: Settings, queue: Maintenance, redis: ArqRedis, watching: ArqRedis) -> list[Duty]:
    storage, dataset_storage = open_storage(settings)
    lost_workers = LostWorkers(queue, ConnectionReads(watching), settings.reconnect_grace_seconds)
    orphans = Orphans(queue, QueueReads(redis), storage, settings.orphan_seconds)
    datasets = DatasetRetention(queue, DatasetUsers(redis), dataset_storage, settings.dataset_retention_days)
    limits = retention.limits_of(settings)

    async def sweep_all() -> None:
        while (await sweep.run_once(queue)).may_be_more:
            pass

    async def look_for_lost_workers() -> float | None:
        return (await lost_workers.run_once()).next_look_seconds

    async def mend_all() -> None:
        if queue.leads:
            await mend.run_once(queue)

    async def clean_up() -> None:
        await retention.run_once(queue, storage, limits)
        await orphans.run_once()
        await datasets.run_once()

    return [
        *_readers_duties(settings, queue, redis),
        Duty("sweep", sweep_all, settings.sweep_seconds),
        Duty("lost workers", look_for_lost_workers, settings.sweep_seconds / 2, lost_workers.forget),
        Duty("mend", mend_all, settings.mend_seconds),
        Duty("clean-up", clean_up, settings.cleanup_seconds),
    ]


def _readers_duties(settings: Settings, queue: Maintenance, redis: ArqRedis) -> list[Duty]:
    """What serves the people who look at the queue, and moves no job."""
    http = httpx.AsyncClient(follow_redirects=False)
    watch = alerts.Watch(QueueReads(redis), AlertLog(redis), settings, http)
    text = SearchText(redis)

    async def look_for_alerts() -> None:
        if queue.leads:
            await alerts.run_once(watch)

    async def seal_text() -> None:
        if queue.leads:
            await text.seal_full_chunks()

    sender = webhooks.Sender(Outbox(redis), settings, webhooks.client())

    async def send_webhooks() -> float | None:
        return webhooks.SOON_SECONDS if queue.leads and await sender.run_once() else None

    return [
        Duty("webhooks", send_webhooks, webhooks.INTERVAL_SECONDS),
        Duty("alerts", look_for_alerts, alerts.INTERVAL_SECONDS),
        Duty("search text", seal_text, settings.cleanup_seconds),
    ]


async def is_sweeping(settings: Settings) -> bool:
    """Whether some scheduler swept lately; for health checks."""
    redis = connect(settings, "pressroom:scheduler-check", max_connections=1)
    try:
        return await QueueReads(redis).scheduler() is not None
    except QueueUnavailable:
        return False
    finally:
        await redis.aclose()


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
