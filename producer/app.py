"""The producer: takes reports in over HTTP and puts each into the queue with one submit."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from arq.connections import ArqRedis
from fastapi import FastAPI

from producer.batch import batch_router
from producer.datasets import dataset_router
from producer.lane import GenerateLane
from producer.routes import report_router
from shared.http import create_app
from shared.queue.commands import Large, QueueCommands
from shared.queue.reads import QueueReads
from shared.redact import Redactor
from shared.settings import Settings
from shared.storage.opening import open_storage


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
    large = Large(settings.large_job_rows, settings.large_job_bytes)
    commands, folder = QueueCommands(redis, redact, large), open_storage(settings)[1]
    app.state.lane = GenerateLane(settings, commands)
    app.include_router(report_router(settings, commands, QueueReads(redis, redact), folder))
    app.include_router(batch_router(settings, commands, folder))
    app.include_router(dataset_router(settings, commands, folder))
    return app
