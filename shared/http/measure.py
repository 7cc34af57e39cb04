"""ASGI middleware that counts and times requests by route."""

from __future__ import annotations

import time

from prometheus_client import Counter, Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.metrics import HTTP_REQUESTS, HTTP_SECONDS


class RequestMetrics:
    """Measures each request under its route's pattern, so that ids do not multiply the series."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status = 500
        began = time.perf_counter()

        async def send_noting_status(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, send_noting_status)
        finally:
            route = getattr(scope.get("route"), "path", "(none)")
            HTTP_REQUESTS.labels(scope["method"], route, status).inc()
            HTTP_SECONDS.labels(scope["method"], route).observe(time.perf_counter() - began)


class RouteMetrics:
    """The same figures for one route, whose series are looked up once."""

    def __init__(self, method: str, route: str) -> None:
        self._method, self._route = method, route
        self._requests: dict[int, Counter] = {}
        self._seconds: Histogram | None = None

    def note(self, status: int, seconds: float) -> None:
        """An answer."""
        if self._seconds is None:
            self._seconds = HTTP_SECONDS.labels(self._method, self._route)
        if status not in self._requests:
            self._requests[status] = HTTP_REQUESTS.labels(self._method, self._route, status)
        self._requests[status].inc()
        self._seconds.observe(seconds)
