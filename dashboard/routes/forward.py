"""Calls of the web UI that the producer answers: report types, submit, datasets, its API description.

The browser then needs one origin only. The caller's own key or session goes along, so the producer decides.
"""

from __future__ import annotations

from typing import Final

import httpx
from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse
from starlette.background import BackgroundTask

from dashboard.services import ServicesDep
from shared.http.access import require
from shared.http.identity import Role
from shared.http.problems import problem
from shared.logs import get_logger

router = APIRouter(tags=["reports"])
log = get_logger(__name__)

_TIMEOUT: Final = httpx.Timeout(30, read=600)
_SENT: Final = (
    *("accept", "authorization", "content-disposition", "content-encoding", "content-length", "content-type"),
    *("cookie", "idempotency-key", "x-api-key", "x-pressroom-request"),
)
_RETURNED: Final = ("content-type", "location", "retry-after", "x-request-id")


@router.get("/api/reports/types")
async def types(request: Request, services: ServicesDep) -> Response:
    """Every report type with its JSON Schema and an example, as the producer describes it."""
    return await forward(request, services.settings.local_producer_url, "/api/v1/reports/types")


@router.post("/api/reports", status_code=202)
async def submit(request: Request, services: ServicesDep) -> Response:
    """`POST /api/v1/reports/generate` of the producer."""
    require(request, Role.OPERATOR)
    return await forward(request, services.settings.local_producer_url, "/api/v1/reports/generate")


@router.post("/api/datasets", status_code=201)
async def upload(request: Request, services: ServicesDep) -> Response:
    """`POST /api/v1/datasets` of the producer; the body streams through."""
    require(request, Role.OPERATOR)
    return await forward(request, services.settings.local_producer_url, "/api/v1/datasets")


@router.get("/api/openapi/producer")
async def producer_description(request: Request, services: ServicesDep) -> Response:
    """The producer's OpenAPI description."""
    return await forward(request, services.settings.local_producer_url, "/openapi.json")


async def forward(request: Request, base_url: str, path: str) -> Response:
    """Sends the request on as it is and streams the answer back."""
    client: httpx.AsyncClient = request.app.state.producer
    headers = {name: value for name in _SENT if (value := request.headers.get(name)) is not None}
    headers["x-request-id"] = request.state.request_id
    content = request.stream() if request.method == "POST" else None
    sent = client.build_request(
        request.method,
        base_url + path,
        params=request.url.query,
        headers=headers,
        content=content,
        timeout=_TIMEOUT,
    )
    try:
        answer = await client.send(sent, stream=True)
    except httpx.HTTPError as error:
        log.warning("the producer does not answer", reason=type(error).__name__)
        detail = "It may be starting. Nothing was submitted by this call unless a job with it appears."
        return problem(503, "The producer does not answer", detail, headers={"Retry-After": "2"})
    returned = {name: answer.headers[name] for name in _RETURNED if name in answer.headers}
    return StreamingResponse(
        answer.aiter_bytes(), answer.status_code, headers=returned, background=BackgroundTask(answer.aclose)
    )
