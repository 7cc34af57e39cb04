"""The worker's health server: health, readiness, metrics, and the PDFs."""

from __future__ import annotations

from typing import Annotated

from arq.connections import ArqRedis
from fastapi import APIRouter, FastAPI, Path, Request, Response
from starlette.exceptions import HTTPException

from shared.http import create_app, pdf_response
from shared.http.health import ReadyCheck
from shared.job import JobState
from shared.queue.reads import QueueReads
from shared.settings import Settings
from shared.storage import ReportStorage, job_id_of


def make_app(settings: Settings, redis: ArqRedis, storage: ReportStorage, is_ready: ReadyCheck) -> FastAPI:
    """The app; it closes nothing, since the worker around it owns the client."""
    app = create_app(
        service="worker", title="Pressroom worker", settings=settings, redis=redis, is_ready=is_ready
    )
    app.include_router(_uploads(QueueReads(redis), storage))
    return app


def _uploads(reads: QueueReads, storage: ReportStorage) -> APIRouter:
    router = APIRouter(tags=["files"])

    @router.api_route("/uploads/{file_name}", methods=["GET", "HEAD"], summary="A report's PDF")
    async def upload(request: Request, file_name: Annotated[str, Path(max_length=300)]) -> Response:
        sha256 = await _recorded_sha256(reads, file_name)
        path = await storage.read_verified(file_name, sha256)
        return pdf_response(request, path, sha256, download_name=file_name)

    return router


async def _recorded_sha256(reads: QueueReads, file_name: str) -> str:
    """The checksum of a published PDF. A file that no record names is an orphan and is not served."""
    job_id = job_id_of(file_name)
    job = await reads.job(job_id) if job_id else None
    if job is None or job.state is not JobState.COMPLETED or not job.result:
        raise HTTPException(404, "No report has this file name.")
    if job.result["fileName"] != file_name:
        raise HTTPException(404, "No report has this file name.")
    return str(job.result["sha256"])
