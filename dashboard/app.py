"""The dashboard's app: the API, the downloads and the pages on what all services share."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from arq.connections import ArqRedis
from fastapi import FastAPI

from dashboard.routes import actions, downloads, jobs, pages, stats, workers
from dashboard.security import SecurityHeaders
from dashboard.services import Services
from shared.http import create_app
from shared.queue.commands import QueueCommands
from shared.queue.reads import QueueReads
from shared.redis import connect
from shared.settings import Settings
from shared.storage import LocalStorage


def make_app(settings: Settings) -> FastAPI:
    """The app with real Redis and storage; connects when first used, so it also starts without Redis."""
    redis = connect(settings, "pressroom:dashboard")
    services = Services(QueueReads(redis), QueueCommands(redis), LocalStorage(settings.storage_path))
    return build_app(settings, redis, services)


def build_app(settings: Settings, redis: ArqRedis, services: Services) -> FastAPI:
    """The app on the given services; closes `redis` when it ends."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        await redis.aclose()

    app = create_app(
        service="dashboard", title="Pressroom dashboard", settings=settings, redis=redis, lifespan=lifespan
    )
    app.state.services = services
    for module in (stats, workers, jobs, downloads, actions, pages):
        app.include_router(module.router)
    pages.mount_files(app)
    app.add_middleware(SecurityHeaders)
    return app
