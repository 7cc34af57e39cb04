"""Headers that keep the browser on this machine."""

from __future__ import annotations

from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

#: for the pages: everything comes from this service, and nothing is inline
PAGE_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "frame-src 'self'; object-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
#: for PDFs: a browser's own viewer needs freedom inside its frame; only our pages may embed it
PDF_POLICY: Final = "frame-ancestors 'self'"
#: for everything else, such as JSON opened in a tab
DATA_POLICY: Final = "default-src 'none'; frame-ancestors 'none'"

#: such an answer has no type, and its headers replace those of the stored answer that it is about
_NOT_MODIFIED: Final = 304

_COMMON: Final = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-site",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cache-Control": "no-store",
}


def policy_for(content_type: str) -> str:
    """The Content-Security-Policy of an answer, by its media type."""
    media_type = content_type.split(";", 1)[0].strip().lower()
    if media_type == "text/html":
        return PAGE_POLICY
    return PDF_POLICY if media_type == "application/pdf" else DATA_POLICY


class SecurityHeaders:
    """ASGI middleware: adds the headers to every answer, and keeps those that a route has set itself."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles one HTTP request; other kinds of connections pass."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if message["status"] != _NOT_MODIFIED:
                    headers["Content-Security-Policy"] = policy_for(headers.get("content-type", ""))
                for name, value in _COMMON.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, send_with_headers)
