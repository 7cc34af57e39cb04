"""`GET /api/jobs/{jobId}/download`: the PDF, whole and checked, or a clear reason why there is none."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from dashboard.services import ServicesDep
from shared.errors import IllegalTransition, JobNotFound
from shared.http import pdf_response
from shared.http.problems import problem_responses
from shared.job import Job, JobState

router = APIRouter(prefix="/api/jobs", tags=["downloads"])

_RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/pdf": {}}},
    **problem_responses(404, 409, 410),
}


@router.head("/{job_id}/download", include_in_schema=False)
@router.get("/{job_id}/download", response_class=Response, responses=_RESPONSES)
async def download(
    job_id: str,
    request: Request,
    services: ServicesDep,
    inline: Annotated[bool, Query(description="to view instead of to save")] = False,
) -> Response:
    """The PDF. 409 names the state of a job that has none; 410: the file is gone; 500: it is damaged."""
    job = await services.reads.job(job_id)
    if job is None:
        raise JobNotFound(job_id)
    file_name, sha256 = artifact_of(job)
    path = await services.storage.read_verified(file_name, sha256)
    return pdf_response(request, path, sha256, download_name=file_name, inline=inline)


def artifact_of(job: Job) -> tuple[str, str]:
    """File name and sha256 of a job's PDF.

    Raises:
        IllegalTransition: the job has no PDF; the error names its state.
    """
    if job.state is not JobState.COMPLETED or job.result is None:
        raise IllegalTransition(job.id, job.state.value, "downloaded")
    return str(job.result["fileName"]), str(job.result["sha256"])
