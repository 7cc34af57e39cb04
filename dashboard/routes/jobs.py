"""Reading jobs: the two inherited lists, the list with cursors, the document."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response

from dashboard.paging import decode_cursor, encode_cursor
from dashboard.responses import json_response
from dashboard.schemas import (
    CompletedJob,
    CompletedPage,
    FailedJob,
    FailedPage,
    JobDocument,
    JobError,
    JobsPage,
)
from dashboard.services import ServicesDep
from shared.errors import FieldError, JobNotFound, ValidationFailed
from shared.job import Job, JobState

router = APIRouter(prefix="/api/jobs", tags=["jobs"])

Page = Annotated[int, Query(ge=1, le=1_000_000_000, description="from 1")]
Limit = Annotated[int, Query(ge=1, le=100)]

_FILTERS = frozenset({"state", "limit", "cursor"})
#: named by the contract, not built yet
_LATER_FILTERS = frozenset({"reportType", "tenant", "workerId", "q", "from", "to", "sort"})


@router.get("", response_model=JobsPage)
async def list_jobs(
    request: Request,
    services: ServicesDep,
    state: Annotated[JobState | None, Query()] = None,
    limit: Limit = 20,
    cursor: Annotated[str | None, Query()] = None,
) -> Response:
    """Jobs in one state or in all, newest first. A parameter that has no effect is refused by name."""
    refuse_unknown_filters(request.query_params.keys())
    offset = decode_cursor(cursor, state)
    jobs, total = await services.reads.summaries(state, offset, limit)
    if state is JobState.ACTIVE:
        # their index moves with every heartbeat; the start of the attempt stands still
        jobs.sort(key=lambda job: job["startedAt"] or "", reverse=True)
    following = offset + limit
    next_cursor = encode_cursor(state, following) if following < total else None
    return json_response({"jobs": jobs, "nextCursor": next_cursor, "total": total})


@router.get("/completed")
async def completed_jobs(services: ServicesDep, page: Page = 1, limit: Limit = 20) -> CompletedPage:
    """Jobs that have their PDF, newest first."""
    jobs, total = await services.reads.page(JobState.COMPLETED, (page - 1) * limit, limit)
    return CompletedPage(jobs=[completed_entry(job) for job in jobs], total=total, page=page, limit=limit)


@router.get("/failed")
async def failed_jobs(services: ServicesDep, page: Page = 1, limit: Limit = 20) -> FailedPage:
    """Jobs that ended without a PDF, newest first."""
    jobs, total = await services.reads.page(JobState.FAILED, (page - 1) * limit, limit)
    posted = await services.reads.job_data([job.id for job in jobs])
    entries = [failed_entry(job, data) for job, data in zip(jobs, posted, strict=True)]
    return FailedPage(jobs=entries, total=total, page=page, limit=limit)


@router.get("/{job_id}", response_model=JobDocument)
async def job_document(
    job_id: str,
    services: ServicesDep,
    omit: Annotated[
        Literal["jobData"] | None, Query(description="leaves out what was posted, which may be large")
    ] = None,
) -> Response:
    """All that is known of one job."""
    document = await services.reads.document(job_id)
    if document is None:
        raise JobNotFound(job_id)
    if omit:
        document.pop(omit)
    return json_response(document)


def refuse_unknown_filters(names: Any) -> None:
    """Raises `ValidationFailed` that names every parameter which `GET /api/jobs` would have to ignore."""
    later = [FieldError(name, "this filter is not built yet") for name in names if name in _LATER_FILTERS]
    unknown = [
        FieldError(name, "is not a parameter of this call")
        for name in names
        if name not in _FILTERS | _LATER_FILTERS
    ]
    if later or unknown:
        raise ValidationFailed(later + unknown)


def completed_entry(job: Job) -> CompletedJob:
    """A completed job in the inherited shape."""
    result = job.result or {}
    return CompletedJob(
        id=job.id,
        name=job.name,
        success=bool(result.get("success", True)),
        report_url=result.get("reportUrl"),
        file_name=result.get("fileName"),
        file_size=result.get("fileSize"),
        processed_at=result.get("processedAt", job.finished_at_ms),
    )


def failed_entry(job: Job, posted: dict[str, Any] | None) -> FailedJob:
    """A failed job in the inherited shape."""
    return FailedJob(
        id=job.id,
        name=job.name,
        job_data=posted,
        failed_reason=job.failed_reason,
        finished_on=job.finished_at_ms,
        attempts=job.attempts,
        error_details=JobError.model_validate(job.error) if job.error else None,
    )
