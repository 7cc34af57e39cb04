"""The producer's endpoints under `/api/v1/reports`."""

from __future__ import annotations

from functools import cache
from typing import Annotated, Any

from fastapi import APIRouter, Header, Request, Response
from fastapi.responses import JSONResponse

from producer.answers import created_job, is_json, not_json
from producer.intake import job_from
from producer.schemas import (
    CancelAnswer,
    CancelledJob,
    GenerateAnswer,
    GenerateRequest,
    ReportTypeDescription,
    TypesAnswer,
)
from shared.errors import JobNotFound
from shared.http.body import parse_json, read_body
from shared.job import JOB_ID, JobState
from shared.logs import get_logger
from shared.metrics import JOBS_SUBMITTED
from shared.queue.commands import QueueCommands, Submitted
from shared.queue.reads import QueueReads
from shared.reports import REPORT_TYPES
from shared.settings import Settings
from shared.storage import DatasetFolder

log = get_logger(__name__)

_BODY_DOCUMENTATION = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": GenerateRequest.model_json_schema()}},
    }
}


def report_router(
    settings: Settings, commands: QueueCommands, reads: QueueReads, folder: DatasetFolder
) -> APIRouter:
    """Submit a report, ask for its state, list what can be asked for."""
    router = APIRouter(prefix="/api/v1/reports", tags=["reports"])

    @router.post(
        "/generate",
        status_code=202,
        response_model=GenerateAnswer,
        openapi_extra=_BODY_DOCUMENTATION,
        summary="Take a report in",
    )
    async def generate(request: Request, idempotency_key: Annotated[str | None, Header()] = None) -> Response:
        if not is_json(request):
            return not_json()
        body = parse_json(await read_body(request, settings.max_body_bytes))
        request_id = request.state.request_id
        spec = await job_from(body, settings, folder, request_id=request_id, idempotency_key=idempotency_key)
        submitted = await commands.submit(spec)
        if submitted.created:
            JOBS_SUBMITTED.labels(spec.report_type).inc()
            log.info("job submitted", job_id=submitted.job_id, report_type=spec.report_type)
        elif submitted.reused:
            log.info("job reused", job_id=submitted.job_id, report_type=spec.report_type)
        return _created_answer(submitted, settings)

    @router.get(
        "/types",
        response_model=TypesAnswer,
        summary="Every report type, with its JSON Schema and an example",
    )
    async def types() -> Response:
        return Response(_types_answer(), media_type="application/json")

    @router.post("/{job_id}/cancel", summary="End an unfinished report, running included")
    async def cancel(job_id: str) -> CancelAnswer:
        if not JOB_ID.fullmatch(job_id):
            raise JobNotFound(job_id)
        former = await commands.cancel(job_id, by="client")
        log.info("job cancelled", job_id=job_id, previous_state=former.value)
        job = CancelledJob(job_id=job_id, state=JobState.CANCELLED.value, previous_state=former.value)
        return CancelAnswer(success=True, message="Report job cancelled", data=job)

    @router.get("/{job_id}", summary="The job document")
    async def job_document(job_id: str) -> dict[str, Any]:
        document = await reads.document(job_id) if JOB_ID.fullmatch(job_id) else None
        if document is None:
            raise JobNotFound(job_id)
        return document

    return router


def _created_answer(submitted: Submitted, settings: Settings) -> JSONResponse:
    job = created_job(submitted, settings)
    message = "Report job created" if submitted.created else "Report job exists already"
    if submitted.reused:
        message = "Finished report reused"
    answer = GenerateAnswer(success=True, message=message, data=job)
    return JSONResponse(
        answer.model_dump(by_alias=True),
        202 if submitted.created else 200,
        headers={"Location": job.status_url},
    )


@cache
def _types_answer() -> bytes:
    """The same for every caller until another version runs, and slow to make."""
    answer = TypesAnswer(types=[_describe(name) for name in REPORT_TYPES])
    return answer.model_dump_json(by_alias=True).encode()


def _describe(name: str) -> ReportTypeDescription:
    kind = REPORT_TYPES[name]
    return ReportTypeDescription(
        name=kind.name,
        title=kind.title,
        description=kind.description,
        schema=kind.json_schema(),
        example=kind.example,
    )
