"""How large the bodies may be that the dashboard reads itself."""

from __future__ import annotations

from typing import Final

from fastapi import HTTPException
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.http.problems import problem

#: of a call's JSON; the largest is a filter
MAX_BODY_BYTES: Final = 64 * 1024
#: their bodies stream through to the producer, which has limits of its own
_STREAMED: Final = frozenset({"/api/reports", "/api/datasets"})
_TOO_LARGE: Final = f"At most {MAX_BODY_BYTES} bytes are read here."


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
            await problem(413, "The body is too large", _TOO_LARGE, kind="too-large")(scope, receive, send)
            return
        size = 0

        async def receive_little() -> Message:
            nonlocal size
            message = await receive()
            size += len(message.get("body", b""))
            if size > MAX_BODY_BYTES:
                raise HTTPException(413, _TOO_LARGE)
            return message

        await self._app(scope, receive_little, send)
