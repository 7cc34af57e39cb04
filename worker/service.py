"""The worker's life: Redis → health server → worker → listeners → signal handlers → idle → clean end."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import secrets
import socket

from shared.errors import SettingsError, StorageUnavailable
from shared.http.server import EmbeddedServer, listen, make_config
from shared.logs import get_logger
from shared.outage import Outage
from shared.queue.connections import WORKER_NAME
from shared.queue.leases import Leases
from shared.redis import connect, is_connected
from shared.settings import Settings
from shared.storage import DatasetStorage, ReportStorage
from shared.storage.opening import open_storage
from shared.tuning import calm_the_collector
from worker.app import make_app
from worker.children.pool import ChildPool
from worker.executor import Executor
from worker.heartbeat import Heartbeat
from worker.inbox import Inbox
from worker.listeners import Listeners, count_event, log_event
from worker.report_worker import ReportWorker

log = get_logger("worker")


async def run_worker(settings: Settings) -> None:
    """Works until SIGINT or SIGTERM, then returns.

    Raises:
        SettingsError: the port is taken or the storage folder can't be written.
    """
    worker_id = settings.worker_id or _new_worker_id()
    storage, datasets = await _open_storage(settings)
    redis = connect(settings, f"{WORKER_NAME}{worker_id}")
    blocking = connect(settings, f"{WORKER_NAME}{worker_id}", max_connections=4, blocks=True)
    if not await is_connected(redis):
        log.warning("redis is not there yet; waiting for it")

    leases = Leases(redis, worker_id, settings.lease_ms, settings.poison_limit)
    listeners, children = Listeners(), ChildPool(settings)
    executor = Executor(settings, leases, children, storage, listeners, datasets)
    outage = Outage(log)
    worker = ReportWorker(settings, redis, blocking, leases, executor, outage)

    async def is_ready() -> bool:
        return worker.allow_pick_jobs

    server = EmbeddedServer(make_config(make_app(settings, redis, storage, is_ready), settings))
    serving = asyncio.create_task(
        server.serve([listen(settings.host, settings.worker_port, "PRESSROOM_WORKER_PORT")])
    )
    children.start()
    duties = [
        asyncio.create_task(Heartbeat(settings, leases, executor, outage).run()),
        asyncio.create_task(Inbox(blocking, worker_id, executor).run()),
    ]
    listeners.add(log_event)
    listeners.add(count_event)
    worker.install_signal_handlers()
    calm_the_collector()
    log.info(
        "worker ready",
        worker_id=worker_id,
        concurrency=settings.worker_concurrency,
        port=settings.worker_port,
    )
    try:
        await _until_cancelled(worker, duties)
    finally:
        await _close(worker, duties, children)
        server.should_exit = True
        await serving
        await redis.aclose()
        await blocking.aclose()
        log.info("worker stopped", worker_id=worker_id)


async def _until_cancelled(worker: ReportWorker, duties: list[asyncio.Task[None]]) -> None:
    """Works until a signal ends it; a duty that ends by a bug ends the worker, loudly."""
    working = asyncio.create_task(worker.async_run())
    await asyncio.wait([working, *duties], return_when=asyncio.FIRST_COMPLETED)
    for duty in duties:
        if duty.done():
            working.cancel()
            duty.result()
    with contextlib.suppress(asyncio.CancelledError):
        await working


async def _close(worker: ReportWorker, duties: list[asyncio.Task[None]], children: ChildPool) -> None:
    await worker.close()
    for duty in duties:
        duty.cancel()
    await asyncio.gather(*duties, return_exceptions=True)
    await children.close()


def _new_worker_id() -> str:
    host = re.sub(r"[^A-Za-z0-9.-]", "", socket.gethostname())
    return f"{host[:32]}-{os.getpid()}-{secrets.token_hex(3)}"


async def _open_storage(settings: Settings) -> tuple[ReportStorage, DatasetStorage]:
    storage, datasets = open_storage(settings)
    try:
        await storage.check()
    except OSError as error:
        raise SettingsError(f"PRESSROOM_STORAGE_URL: the folder can't be written: {error}") from None
    except StorageUnavailable as error:
        raise SettingsError(f"PRESSROOM_STORAGE_URL: can't write to {error}") from None
    return storage, datasets
