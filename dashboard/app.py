"""The dashboard's app: the API, the downloads and the pages on what all services share."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import httpx
from arq.connections import ArqRedis
from fastapi import FastAPI

from dashboard.bodies import SmallBodies
from dashboard.live import Hub
from dashboard.routes import (
    actions,
    audit,
    bulk,
    downloads,
    events,
    forward,
    jobs,
    pages,
    session,
    stats,
    system,
    workers,
)
from dashboard.security import SecurityHeaders
from dashboard.services import Services
from shared.http import create_app
from shared.queue.commands import QueueCommands
from shared.queue.reads import QueueReads
from shared.queue.reads.events import EventStream
from shared.queue.watch import AlertLog
from shared.redact import Redactor
from shared.redis import connect
from shared.settings import Settings
from shared.storage.opening import open_storage

#: a route that comes first wins
_ROUTES = (session, stats, system, audit, events, workers, bulk, jobs, downloads, actions, forward, pages)


def make_app(settings: Settings) -> FastAPI:
    """The app with real Redis and storage; connects when first used, so it also starts without Redis."""
    redis = connect(settings, "pressroom:dashboard")
    listening = connect(settings, "pressroom:dashboard:events", max_connections=4, blocks=True)
    redact = Redactor(settings.redacted)
    reads = QueueReads(redis, redact)
    services = Services(
        reads=reads,
        commands=QueueCommands(redis, redact),
        storage=open_storage(settings)[0],
        hub=Hub(EventStream(listening), reads),
        alerts=AlertLog(redis),
        settings=settings,
    )
    return build_app(settings, redis, services, closing=[listening])


def build_app(
    settings: Settings, redis: ArqRedis, services: Services, closing: Sequence[ArqRedis] = ()
) -> FastAPI:
    """The app on the given services; closes `redis` and the other clients when it ends."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        await services.hub.close()
        await app.state.producer.aclose()
        for client in (redis, *closing):
            await client.aclose()

    app = create_app(
        service="dashboard", title="Pressroom dashboard", settings=settings, redis=redis, lifespan=lifespan
    )
    app.state.services = services
    app.state.producer = httpx.AsyncClient(follow_redirects=False, trust_env=False)
    app.state.on_stop = services.hub.end_streams
    for module in _ROUTES:
        app.include_router(module.router)
    pages.mount_files(app)
    app.add_middleware(SmallBodies)
    app.add_middleware(SecurityHeaders)
    return app
