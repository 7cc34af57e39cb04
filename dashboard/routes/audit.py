"""`GET /api/audit`: what people did that no job's timeline shows."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from dashboard.services import ServicesDep
from dashboard.wire import Wire
from shared.job import rfc3339

router = APIRouter(prefix="/api", tags=["actions"])


class AuditLine(Wire):
    """One action."""

    id: str
    at: str
    action: str = Field(examples=["queue paused"])
    by: str = Field(description="the name of a key; `dashboard` when the service has no keys")
    detail: str


class Audit(Wire):
    """The latest actions, newest first."""

    entries: list[AuditLine]


@router.get("/audit")
async def audit(services: ServicesDep, limit: Annotated[int, Query(ge=1, le=500)] = 100) -> Audit:
    """Pauses, deletions and actions on many jobs. What was done to one job is in its timeline."""
    found = await services.reads.audit(limit)
    return Audit(
        entries=[
            AuditLine(
                id=entry.id,
                at=str(rfc3339(entry.at_ms)),
                action=entry.action,
                by=entry.by,
                detail=entry.detail,
            )
            for entry in found
        ]
    )
