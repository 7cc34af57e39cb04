"""The contract's job document, made from a record, its payload and its timeline."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pydantic_core import from_json

from shared.errors import ValidationFailed
from shared.job import FINISHED_STATES, Job, eta_seconds, rfc3339
from shared.queue.payload import read_options
from shared.redact import Redactor


def summary(job: Job, now_ms: int) -> dict[str, Any]:
    """The document without payload and timeline, and with no position."""
    return {
        "id": job.id,
        "name": job.name,
        "reportType": job.report_type,
        "title": job.title,
        "tenant": job.tenant or None,
        "state": job.state.value,
        "status": job.state.value,
        "progress": job.progress,
        "stage": job.stage,
        "attempts": job.attempts,
        "maxAttempts": job.max_attempts,
        "priority": job.priority,
        "large": job.is_large,
        "createdAt": rfc3339(job.created_at_ms),
        "availableAt": rfc3339(job.available_at_ms),
        "startedAt": rfc3339(job.started_at_ms),
        "finishedAt": rfc3339(job.finished_at_ms) if job.state in FINISHED_STATES else None,
        "workerId": job.worker_id,
        "queuePosition": None,
        "etaSeconds": eta_seconds(job, now_ms),
        "result": published_result(job),
        "failedReason": job.failed_reason,
        "error": job.error,
        "requestId": job.request_id,
        "timestamp": job.created_at_ms,
    }


def published_result(job: Job) -> dict[str, Any] | None:
    """The contract's `result`: what the worker recorded, with the time on Redis's clock."""
    return None if job.result is None else {**job.result, "processedAt": job.finished_at_ms}


def posted(payload: bytes | None, redact: Redactor) -> dict[str, Any] | None:
    """What a payload's client posted: `{reportType, data, …}`, secrets hidden; None when it can't be read."""
    try:
        return redact.mapping(read_options(payload or b"").posted)
    except ValidationFailed:
        return None


@dataclass(frozen=True, slots=True)
class TimelineLine:
    """What happened to a job at one time."""

    at_ms: int
    event: str
    attempt: int
    worker_id: str
    detail: str

    def as_json(self) -> dict[str, Any]:
        """As the API shows it."""
        return {
            "at": rfc3339(self.at_ms),
            "event": self.event,
            "attempt": self.attempt,
            "workerId": self.worker_id or None,
            "detail": self.detail or None,
        }


def timeline_from(raw_lines: Iterable[bytes]) -> list[TimelineLine]:
    """The lines that can be read: what somebody wrote into a timeline by hand hides no other line."""
    found = []
    for raw in raw_lines:
        with contextlib.suppress(ValueError, TypeError, OverflowError):
            at_ms, event, attempt, worker, detail = from_json(raw.decode("utf-8", "replace"))
            found.append(TimelineLine(int(at_ms), str(event), int(attempt), str(worker), str(detail)))
    return found
