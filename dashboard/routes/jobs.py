"""Reading jobs: the two inherited lists, the list with cursors, the document."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Response

from dashboard.paging import decode_cursor, encode_cursor
from dashboard.query import filter_of, sort_for
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
from shared.errors import JobNotFound
from shared.http.problems import problem_responses
from shared.job import Job, JobState
from shared.queue.reads import JobFilter, Sort

router = APIRouter(prefix="/api/jobs", tags=["jobs"])

Page = Annotated[int, Query(ge=1, le=1_000_000_000, description="from 1")]
Limit = Annotated[int, Query(ge=1, le=100)]

Filter = Annotated[JobFilter, Depends(filter_of)]


@router.get("", response_model=JobsPage)
async def list_jobs(
    wanted: Filter,
    services: ServicesDep,
    sort: Annotated[Sort | None, Query(description="default: -finishedAt for a finished state alone")] = None,
    limit: Limit = 20,
    cursor: Annotated[str | None, Query()] = None,
) -> Response:
    """Jobs that fit every given filter, newest first. A parameter that has no effect is refused by name."""
    order = sort_for(wanted, sort)
    bound_to = wanted.fingerprint(order)
    after = decode_cursor(cursor, bound_to, is_search=bool(wanted.q))
    page = await services.reads.select(wanted, order, after, limit)
    if wanted.state is JobState.ACTIVE:
        # their index moves with every heartbeat; the start of the attempt stands still
        page.jobs.sort(key=lambda job: job["startedAt"] or "", reverse=True)
    return json_response(
        {
            "jobs": page.jobs,
            "nextCursor": encode_cursor(bound_to, page.following) if page.following else None,
            "total": page.total,
            "totalIsExact": page.total_is_exact,
            "sort": order.value,
        }
    )


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


@router.get("/{job_id}", response_model=JobDocument, responses=problem_responses(404))
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
