"""`GET /api/events`: what changes, as it changes."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Header, Response
from fastapi.responses import StreamingResponse

from dashboard.services import ServicesDep
from shared.errors import FieldError, ValidationFailed

router = APIRouter(prefix="/api", tags=["live"])

_ID = re.compile(r"[0-9]{1,15}-[0-9]{1,15}", re.ASCII)
_EXAMPLE = (
    "event: changes\nid: 1790000000000-0\n"
    'data: {"changes":[{"jobId":"4f0c","event":"progress","state":"active","workerId":"worker-1",'
    '"detail":"page 3","at":1790000000000,"attempt":1,"progress":42}],"counts":{"waiting":0}}'
    "\n\n"
)
_RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/event-stream": {"schema": {"type": "string"}, "example": _EXAMPLE}}}
}


@router.get("/events", response_class=Response, responses=_RESPONSES)
async def events(
    services: ServicesDep,
    last_event_id: Annotated[str | None, Header(description="resumes behind this message")] = None,
) -> Response:
    """Server-sent events.

    `hello` comes first; `changes` holds job changes, the last progress of each job, and the counts by state;
    `reset`: too much was missed, read everything anew; `redis-down`: Redis can't be reached. A stream whose
    client does not keep up is closed; `Last-Event-ID` goes on where it was.
    """
    if last_event_id and not _ID.fullmatch(last_event_id):
        raise ValidationFailed([FieldError("header.Last-Event-ID", "is not an id of this stream")])
    frames = services.hub.follow(last_event_id)
    first = await anext(frames)

    async def stream() -> AsyncIterator[bytes]:
        yield first
        async for one in frames:
            yield one

    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(stream(), media_type="text/event-stream", headers=headers)
