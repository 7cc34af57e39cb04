"""From a request's body to a job: checks everything before anything is written."""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any

from producer.schemas import GenerateRequest
from shared.errors import FieldError, ValidationFailed
from shared.http.body import validated
from shared.job import JobSpec
from shared.queue.commands import new_job_id
from shared.reports import validate_data
from shared.settings import Settings

#: options of the contract that this version can't honour; refused by name, so that nobody relies on them
UNAVAILABLE_OPTIONS = {"webhook": "is not available in this version"}

_IDEMPOTENCY_KEY = re.compile(r"[\x21-\x7e]{1,200}", re.ASCII)


def job_from(body: object, settings: Settings, *, request_id: str, idempotency_key: str | None) -> JobSpec:
    """The job that a body asks for.

    Raises:
        ValidationFailed: with the path of each wrong field.
    """
    _refuse_unavailable(body)
    request = validated(GenerateRequest, body)
    validate_data(request.report_type, request.data)
    return JobSpec(
        job_id=new_job_id(),
        report_type=request.report_type,
        data=request.data,
        title=request.title,
        tenant=request.tenant,
        priority=request.priority,
        delay_ms=request.delay_ms or 0,
        run_at_ms=round(request.run_at.timestamp() * 1000) if request.run_at else None,
        max_attempts=request.max_attempts,
        timeout_seconds=request.timeout_seconds or settings.default_timeout_seconds,
        request_id=request_id,
        idempotency_key=_scoped(idempotency_key, request.tenant),
        body_hash=_meaning(body) if idempotency_key else "",
    )


def _refuse_unavailable(body: object) -> None:
    if isinstance(body, dict):
        errors = [FieldError(name, why) for name, why in UNAVAILABLE_OPTIONS.items() if name in body]
        if errors:
            raise ValidationFailed(errors)


def _scoped(key: str | None, tenant: str) -> str:
    """The key as Redis remembers it: tenants do not see each other's."""
    if key is None:
        return ""
    if not _IDEMPOTENCY_KEY.fullmatch(key):
        message = "must be 1 to 200 printable ASCII characters without spaces"
        raise ValidationFailed([FieldError("header.Idempotency-Key", message)])
    return f"{tenant}:{key}"


def _meaning(body: Any) -> str:
    """A hash that two bodies share when they differ only in spacing or the order of keys."""
    canonical = json.dumps(body, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()
