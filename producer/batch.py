"""`POST /api/v1/reports/batch`: many reports in one call, all or nothing."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Header, Request, Response
from fastapi.responses import JSONResponse

from producer.answers import created_job, is_json, not_json
from producer.intake import Draft, draft_from, meaning_of, scoped_key, under, with_datasets
from producer.schemas import BatchAnswer, BatchRequest, GenerateRequest
from shared.errors import FieldError, ValidationFailed
from shared.http.body import parse_json, read_body, validated
from shared.job import JobSpec
from shared.logs import get_logger
from shared.metrics import JOBS_SUBMITTED
from shared.queue.commands import QueueCommands
from shared.reports.jsoncheck import MAX_ERRORS
from shared.settings import Settings
from shared.storage import DatasetStorage

log = get_logger(__name__)

#: reports checked between two looks at other requests
_CHECKED_AT_A_TIME = 20
_BODY_DOCUMENTATION = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["reports"],
                    "properties": {
                        "reports": {"type": "array", "items": GenerateRequest.model_json_schema()}
                    },
                }
            }
        },
    }
}


def batch_router(settings: Settings, commands: QueueCommands, folder: DatasetStorage) -> APIRouter:
    """Submit many reports."""
    router = APIRouter(prefix="/api/v1/reports", tags=["reports"])

    @router.post(
        "/batch",
        status_code=202,
        response_model=BatchAnswer,
        openapi_extra=_BODY_DOCUMENTATION,
        summary="Take up to 1,000 reports in, all or none",
    )
    async def batch(request: Request, idempotency_key: Annotated[str | None, Header()] = None) -> Response:
        if not is_json(request):
            return not_json()
        body = parse_json(await read_body(request, settings.max_body_bytes))
        drafts = await _drafts(validated(BatchRequest, body), settings, request.state.request_id)
        key = scoped_key(idempotency_key, _tenant_of(drafts))
        specs = _in_order(await with_datasets(drafts, folder, "reports"))
        submitted = await commands.submit_batch(specs, key, meaning_of(body) if key else "")
        created = [spec for spec, job in zip(specs, submitted, strict=True) if job.created]
        for spec in created:
            JOBS_SUBMITTED.labels(spec.report_type).inc()
        if created:
            log.info("batch submitted", jobs=len(created), first_job_id=created[0].job_id)
        message = _message(len(created), sum(job.reused for job in submitted))
        jobs = [created_job(job, settings) for job in submitted]
        answer = BatchAnswer(success=True, message=message, data=jobs)
        return JSONResponse(answer.model_dump(by_alias=True), 202 if created else 200)

    return router


def _tenant_of(drafts: list[Draft]) -> str:
    """Whose batch it is: a tenant's, or else that of all its tenants together."""
    return "\n".join(sorted({draft.spec.tenant for draft in drafts}))


def _message(created: int, reused: int) -> str:
    if not created and not reused:
        return "Report jobs exist already"
    parts = [f"{created} report jobs created"] if created else []
    return ", ".join(parts + ([f"{reused} finished reports reused"] if reused else []))


def _in_order(specs: list[JobSpec]) -> list[JobSpec]:
    """The jobs with ids that sort as the jobs do: those that are taken in at one moment are claimed by id."""
    ids = sorted(spec.job_id for spec in specs)
    return [replace(spec, job_id=job_id) for spec, job_id in zip(specs, ids, strict=True)]


async def _drafts(batch: BatchRequest, settings: Settings, request_id: str) -> list[Draft]:
    """All reports of the batch.

    Raises:
        ValidationFailed: with the path of each wrong field of each report: `reports.3.data.rows`.
    """
    drafts: list[Draft] = []
    errors: list[FieldError] = []
    for index, report in enumerate(batch.reports):
        if index % _CHECKED_AT_A_TIME == 0:
            await asyncio.sleep(0)
        try:
            drafts.append(draft_from(report, settings, request_id=request_id))
        except ValidationFailed as error:
            errors += under(f"reports.{index}", error.errors)
        if len(errors) >= MAX_ERRORS:
            break
    if errors:
        raise ValidationFailed(errors[:MAX_ERRORS])
    return drafts
