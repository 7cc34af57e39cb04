"""HEAD wherever there is GET: as the web expects, and as the stack did that this is a port of."""

from __future__ import annotations

import asyncio

from starlette.types import ASGIApp, Message, Receive, Scope, Send


class HeadRequests:
    """ASGI middleware: a HEAD that its route refuses is asked again as a GET, whose body is left out."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self._app(scope, receive, send)
            return
        refused = False

        async def send_unless_refused(message: Message) -> None:
            nonlocal refused
            if message["type"] == "http.response.start" and message["status"] == 405:
                refused = True
            if not refused:
                await send(message)

        await self._app(scope, receive, send_unless_refused)
        if refused:
            await self._head_of_get({**scope, "method": "GET"}, receive, send)

    async def _head_of_get(self, scope: Scope, receive: Receive, send: Send) -> None:
        enough = asyncio.Event()

        async def send_head(message: Message) -> None:
            if message["type"] == "http.response.start" and not enough.is_set():
                await send(message)
                await send({"type": "http.response.body", "body": b"", "more_body": False})
                enough.set()

        getting = asyncio.ensure_future(self._app(scope, receive, send_head))
        waiting = asyncio.ensure_future(enough.wait())
        try:
            await asyncio.wait({getting, waiting}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            waiting.cancel()
            getting.cancel()  # the rest of the body, which may have no end
        await asyncio.gather(getting, return_exceptions=enough.is_set())
