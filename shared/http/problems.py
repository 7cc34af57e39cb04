"""Errors as RFC 9457 `application/problem+json`: the one table from our errors to HTTP."""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.routing import Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.errors import (
    DatasetDamaged,
    DatasetMissing,
    FieldError,
    FileCorrupt,
    FileMissing,
    Forbidden,
    IdempotencyConflict,
    IllegalTransition,
    JobNotFound,
    MalformedBody,
    PayloadTooLarge,
    PressroomError,
    QueueUnavailable,
    StorageFull,
    StorageUnavailable,
    UploadsBusy,
    UploadTooSlow,
    ValidationFailed,
)
from shared.logs import get_logger

log = get_logger(__name__)

#: what `Retry-After` says when Redis is away, in seconds
RETRY_AFTER_SECONDS = 2

_METHODS = ("DELETE", "GET", "HEAD", "PATCH", "POST", "PUT")

#: error → status, short name in `type`, title
_TABLE: dict[type[PressroomError], tuple[int, str, str]] = {
    ValidationFailed: (422, "validation-failed", "The request is not valid"),
    MalformedBody: (422, "malformed-body", "The body is not valid JSON"),
    PayloadTooLarge: (413, "too-large", "The body is too large"),
    Forbidden: (403, "forbidden", "Your role does not allow this"),
    JobNotFound: (404, "job-not-found", "No such job"),
    IllegalTransition: (409, "illegal-transition", "The job's state does not allow this"),
    IdempotencyConflict: (409, "idempotency-conflict", "The Idempotency-Key was used for another request"),
    DatasetMissing: (404, "dataset-not-found", "No such dataset"),
    DatasetDamaged: (500, "dataset-damaged", "The stored dataset is damaged"),
    UploadTooSlow: (408, "too-slow", "The upload stopped"),
    UploadsBusy: (503, "uploads-busy", "Too many uploads now"),
    StorageFull: (507, "storage-full", "The storage is full"),
    StorageUnavailable: (503, "storage-unavailable", "The storage is not available now"),
    FileMissing: (410, "file-missing", "The file is gone"),
    FileCorrupt: (500, "file-corrupt", "The stored file is damaged"),
    QueueUnavailable: (503, "queue-unavailable", "The queue is not available now"),
}

_TEXT = {"type": "string"}
_FIELD_ERROR = {
    "type": "object",
    "required": ["path", "message"],
    "properties": {"path": _TEXT, "message": _TEXT},
}
_WHAT = "What went wrong, as RFC 9457 tells it"
_SCHEMA: dict[str, Any] = {
    "title": "Problem",
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": _TEXT,
        "title": _TEXT,
        "status": {"type": "integer"},
        "detail": _TEXT,
        "errors": {"type": "array", "items": _FIELD_ERROR},
    },
}

#: what the API descriptions say of each status, with an example of its problem document
_DESCRIBED: dict[int, dict[str, Any]] = {
    401: {
        "title": "An API key is needed",
        "detail": "Send one as 'Authorization: Bearer …' or 'X-API-Key: …'.",
    },
    403: {"title": "Your role does not allow this", "detail": "ann is viewer; this needs operator"},
    404: {"title": "No such job", "detail": "no job has the id '4f0c'"},
    409: {
        "title": "The job's state does not allow this",
        "detail": "job 4f0c is completed: it can't be retried",
    },
    410: {"title": "The file is gone", "detail": "the file sales-4f0c-f1.pdf is not in the storage"},
    422: {
        "title": "The request is not valid",
        "detail": "limit: must be at most 100",
        "errors": [{"path": "query.limit", "message": "must be at most 100"}],
    },
    503: {"title": "The queue is not available now", "detail": "Redis can't be used now; see Retry-After"},
}


def _described(*statuses: int) -> dict[str, Any]:
    """One answer of an API description, with an example of each status."""
    content = {
        "schema": _SCHEMA,
        "examples": {str(status): {"value": _example(status)} for status in statuses},
    }
    description = _DESCRIBED[statuses[0]]["title"] if len(statuses) == 1 else _WHAT
    return {"description": description, "content": {"application/problem+json": content}}


def _example(status: int) -> dict[str, Any]:
    return {"type": "about:blank", "status": status, **_DESCRIBED[status]}


#: how OpenAPI documents the errors of every call
PROBLEM_RESPONSES: dict[int | str, dict[str, Any]] = {
    "4XX": _described(401, 403, 404, 409, 422),
    "5XX": _described(503),
}


def problem_responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """How OpenAPI documents errors that only some calls have."""
    return {status: _described(status) for status in statuses}


def problem(
    status: int,
    title: str,
    detail: str = "",
    *,
    kind: str = "",
    errors: Iterable[FieldError] = (),
    headers: dict[str, str] | None = None,
) -> JSONResponse:
    """A problem document. `kind` is the last part of its `type`; without one the type is `about:blank`."""
    body: dict[str, Any] = {
        "type": f"urn:pressroom:problem:{kind}" if kind else "about:blank",
        "title": title,
        "status": status,
        "detail": detail,
    }
    listed = [{"path": error.path, "message": error.message} for error in errors]
    if listed:
        body["errors"] = listed
    return JSONResponse(body, status, headers=headers, media_type="application/problem+json")


def problem_of(error: PressroomError) -> JSONResponse:
    """The problem document of one of our errors."""
    for known in type(error).__mro__:
        if known in _TABLE:
            status, kind, title = _TABLE[known]
            break
    else:
        status, kind, title = 500, "", "Something went wrong"
    return problem(
        status,
        title,
        str(error)[:2000],
        kind=kind,
        errors=error.errors if isinstance(error, ValidationFailed) else (),
        headers=_headers_of(status),
    )


def _headers_of(status: int) -> dict[str, str] | None:
    if status == 503:
        return {"Retry-After": str(RETRY_AFTER_SECONDS)}
    # what is left of the body will hardly come
    return {"Connection": "close"} if status == 408 else None


def install_problem_handlers(app: FastAPI) -> None:
    """Makes every error of `app` a problem document."""
    app.add_exception_handler(PressroomError, _ours)
    app.add_exception_handler(RequestValidationError, _wrong_parameters)
    app.add_exception_handler(HTTPException, _plain_http)
    app.add_exception_handler(Exception, _bug)


async def _ours(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, PressroomError)  # noqa: S101 - narrows what the registration above guarantees
    if isinstance(error, FileCorrupt | FileMissing):
        log.error("stored file can't be served", file=error.file_name, reason=type(error).__name__)
    return problem_of(error)


async def _wrong_parameters(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101
    errors = [FieldError(".".join(str(part) for part in item["loc"]), item["msg"]) for item in error.errors()]
    return problem_of(ValidationFailed(errors))


async def _plain_http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101
    title = HTTPStatus(error.status_code).phrase
    detail = "" if error.detail == title else str(error.detail)
    headers = dict(error.headers or {})
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        headers["Allow"] = ", ".join(_allowed(request))
    return problem(error.status_code, title, detail, headers=headers)


def _allowed(request: Request) -> list[str]:
    """The methods of all routes that the path has; the router itself names those of the first one."""
    asked = [
        method
        for method in _METHODS
        if any(
            route.matches({**request.scope, "method": method})[0] is Match.FULL
            for route in request.app.router.routes
        )
    ]
    return sorted({*asked, "HEAD"} if "GET" in asked else asked)


async def _bug(request: Request, error: Exception) -> JSONResponse:
    return logged_bug(request.url.path, error)


def logged_bug(path: str, error: Exception) -> JSONResponse:
    """The answer to an error that nobody foresaw; the log has its traceback."""
    log.exception("request failed", path=path, exc_info=error)
    return problem(500, "Something went wrong", "The error was logged.")


class Failures:
    """ASGI middleware that answers a bug with a 500 inside the other middleware, and logs it once.

    So the answer has its request id and its CORS headers. A client that hung up is nobody's bug.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False

        async def send_noting_start(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self._app(scope, receive, send_noting_start)
        except ClientDisconnect:
            log.debug("client hung up", path=scope["path"])
            answer = problem(400, "The request did not arrive in full")  # for the metrics: nobody listens
        except Exception as error:
            answer = logged_bug(scope["path"], error)
        else:
            return
        if not started:
            await answer(scope, receive, send)
