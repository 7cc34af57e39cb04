"""What the endpoints that take reports in have in common."""

from __future__ import annotations

from fastapi import Request
from fastapi.responses import JSONResponse

from producer.schemas import CreatedJob
from shared.http.problems import problem
from shared.queue.commands import Submitted
from shared.settings import Settings


def is_json(request: Request) -> bool:
    """Whether the body is said to be JSON."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    return media_type == "application/json" or media_type.endswith("+json")


def not_json() -> JSONResponse:
    """The answer to a body that is not."""
    return problem(415, "The body must be JSON", "Send it with 'Content-Type: application/json'.")


def created_job(submitted: Submitted, settings: Settings) -> CreatedJob:
    """Where to find a job that was taken in."""
    return CreatedJob(
        job_id=submitted.job_id,
        state=submitted.state.value,
        status_url=f"/api/v1/reports/{submitted.job_id}",
        download_url=f"{settings.public_dashboard_url}/api/jobs/{submitted.job_id}/download",
    )
