"""The producer's endpoints under `/api/v1/reports`."""

from __future__ import annotations

from functools import cache
from typing import Annotated, Any, Final

from fastapi import APIRouter, Header, Request, Response

from producer.access import actor_of
from producer.answers import CreatedAnswers, count_submitted, is_json, not_json
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
from shared.http.body import read_body
from shared.job import JOB_ID, JobState
from shared.logs import get_logger
from shared.queue.commands import QueueCommands
from shared.queue.reads import QueueReads
from shared.reports import REPORT_TYPES
from shared.settings import Settings
from shared.storage import DatasetStorage

log = get_logger(__name__)

_PREFIX = "/api/v1/reports"
GENERATE_PATH: Final = f"{_PREFIX}/generate"

_BODY_DOCUMENTATION = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": GenerateRequest.model_json_schema()}},
    }
}


def report_router(
    settings: Settings, commands: QueueCommands, reads: QueueReads, folder: DatasetStorage
) -> APIRouter:
    """Submit a report, ask for its state, list what can be asked for."""
    router = APIRouter(prefix=_PREFIX, tags=["reports"])
    answers = CreatedAnswers(settings)

    @router.post(
        GENERATE_PATH.removeprefix(_PREFIX),
        status_code=202,
        response_model=GenerateAnswer,
        openapi_extra=_BODY_DOCUMENTATION,
        summary="Take a report in",
    )
    async def generate(request: Request, idempotency_key: Annotated[str | None, Header()] = None) -> Response:
        if not is_json(request):
            return not_json()
        text = await read_body(request, settings.max_body_bytes)
        request_id = request.state.request_id
        spec = await job_from(text, settings, folder, request_id=request_id, idempotency_key=idempotency_key)
        submitted = await commands.submit(spec)
        count_submitted(submitted, spec.report_type, request_id)
        return answers.response(submitted)

    @router.get(
        "/types",
        response_model=TypesAnswer,
        summary="Every report type, with its JSON Schema and an example",
    )
    async def types() -> Response:
        return Response(_types_answer(), media_type="application/json")

    @router.post("/{job_id}/cancel", summary="End an unfinished report, running included")
    async def cancel(request: Request, job_id: str) -> CancelAnswer:
        if not JOB_ID.fullmatch(job_id):
            raise JobNotFound(job_id)
        former = await commands.cancel(job_id, by=actor_of(request))
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
