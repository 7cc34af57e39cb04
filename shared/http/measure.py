"""ASGI middleware that counts and times requests by route."""

from __future__ import annotations

import time
from collections import Counter
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.metrics import HTTP_REQUESTS, HTTP_SECONDS, before_reading

#: most answers of one route that the metrics have not heard of
MOST_NOTED: Final = 500


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
    """The same figures for one route, told by the handful: at the latest before anybody reads them.

    Telling them one by one, between other things, takes several times as long.
    """

    def __init__(self, method: str, route: str) -> None:
        self._method, self._route = method, route
        self._noted: list[tuple[int, float]] = []
        before_reading(self.tell)

    def note(self, status: int, seconds: float) -> None:
        """An answer."""
        self._noted.append((status, seconds))
        if len(self._noted) >= MOST_NOTED:
            self.tell()

    def tell(self) -> None:
        """Adds what was noted to the metrics."""
        noted, self._noted = self._noted, []
        if not noted:
            return
        for status, times in Counter(status for status, _ in noted).items():
            HTTP_REQUESTS.labels(self._method, self._route, status).inc(times)
        observe = HTTP_SECONDS.labels(self._method, self._route).observe
        for _, seconds in noted:
            observe(seconds)
