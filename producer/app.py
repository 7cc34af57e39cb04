"""The producer: takes reports in over HTTP and puts each into the queue with one submit."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from arq.connections import ArqRedis
from fastapi import FastAPI

from producer.routes import report_router
from shared.http import create_app
from shared.queue.commands import QueueCommands
from shared.queue.reads import QueueReads
from shared.redact import Redactor
from shared.settings import Settings


def make_app(settings: Settings, redis: ArqRedis) -> FastAPI:
    """The app on a client that is closed with it."""

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        yield
        await redis.aclose()

    app = create_app(
        service="producer", title="Pressroom producer", settings=settings, redis=redis, lifespan=lifespan
    )
    redact = Redactor(settings.redacted)
    app.include_router(report_router(settings, QueueCommands(redis, redact), QueueReads(redis, redact)))
    return app
