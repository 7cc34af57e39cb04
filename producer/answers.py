"""What the ways to take reports in have in common."""

from __future__ import annotations

import json

from fastapi import Request, Response
from fastapi.responses import JSONResponse

from producer.schemas import CreatedJob
from shared.http.problems import problem
from shared.logs import get_logger
from shared.metrics import JOBS_SUBMITTED
from shared.queue.commands import Submitted
from shared.reports import REPORT_TYPES
from shared.settings import Settings

log = get_logger(__name__)

#: what the state says of a job of a repeated batch that is no more
REMOVED = "removed"

_SUBMITTED = {name: JOBS_SUBMITTED.labels(name) for name in REPORT_TYPES}


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
        state=REMOVED if submitted.state is None else submitted.state.value,
        status_url=_status_url(submitted),
        download_url=f"{settings.public_dashboard_url}/api/jobs/{submitted.job_id}/download",
    )


class CreatedAnswers:
    """The answers to reports that were taken in, as `GenerateAnswer` describes them, without making one."""

    def __init__(self, settings: Settings) -> None:
        self._dashboard = json.dumps(settings.public_dashboard_url, ensure_ascii=False)[1:-1]

    def body(self, submitted: Submitted) -> bytes:
        """The answer's JSON. An id and a state have no characters that JSON must escape."""
        job_id = submitted.job_id
        return (
            f'{{"success":true,"message":"{_message(submitted)}","data":{{"jobId":"{job_id}",'
            f'"state":"{submitted.state}","statusUrl":"{_status_url(submitted)}",'
            f'"downloadUrl":"{self._dashboard}/api/jobs/{job_id}/download"}}}}'
        ).encode()

    def raw(self, submitted: Submitted) -> tuple[int, bytes, bytes]:
        """Status, header lines and body."""
        body = self.body(submitted)
        lines = b"location: %b\r\ncontent-length: %d\r\ncontent-type: application/json\r\n"
        return status_of(submitted), lines % (_status_url(submitted).encode(), len(body)), body

    def response(self, submitted: Submitted) -> Response:
        """The same for the app."""
        headers = {"Location": _status_url(submitted)}
        return Response(self.body(submitted), status_of(submitted), headers, "application/json")


def status_of(submitted: Submitted) -> int:
    """202 for a new job, 200 for one that there was."""
    return 202 if submitted.created else 200


def count_submitted(submitted: Submitted, report_type: str, request_id: str) -> None:
    """Tells the metrics and the log what became of a report that was taken in."""
    if submitted.created:
        _SUBMITTED[report_type].inc()
    if submitted.created or submitted.reused:
        event = "job submitted" if submitted.created else "job reused"
        log.info(event, request_id=request_id, job_id=submitted.job_id, report_type=report_type)


def _status_url(submitted: Submitted) -> str:
    return f"/api/v1/reports/{submitted.job_id}"


def _message(submitted: Submitted) -> str:
    if submitted.created:
        return "Report job created"
    return "Finished report reused" if submitted.reused else "Report job exists already"
