"""How large the bodies may be that the dashboard reads itself."""

from __future__ import annotations

from typing import Final

from fastapi import HTTPException
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.errors import PayloadTooLarge
from shared.http.problems import problem_of

#: of a call's JSON; the largest is a filter
MAX_BODY_BYTES: Final = 64 * 1024
#: their bodies stream through to the producer, which has limits of its own
_STREAMED: Final = frozenset({"/api/reports", "/api/datasets"})


class SmallBodies:
    """ASGI middleware: refuses larger bodies before anybody holds them in memory, whoever sends them."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles one HTTP request; other kinds of connections pass."""
        if scope["type"] != "http" or scope["path"] in _STREAMED:
            await self._app(scope, receive, send)
            return
        declared = Headers(scope=scope).get("content-length", "")
        if declared.isdecimal() and (len(declared) > 18 or int(declared) > MAX_BODY_BYTES):
            await problem_of(PayloadTooLarge(MAX_BODY_BYTES))(scope, receive, send)
            return
        size = 0

        async def receive_little() -> Message:
            nonlocal size
            message = await receive()
            size += len(message.get("body", b""))
            if size > MAX_BODY_BYTES:
                # FastAPI makes a 400 of any other error that comes while it reads a body
                raise HTTPException(413, str(PayloadTooLarge(MAX_BODY_BYTES)))
            return message

        await self._app(scope, receive_little, send)
