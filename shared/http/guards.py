"""ASGI middleware that every app has: request ids, API keys, no writes from strange web pages."""

from __future__ import annotations

import base64
import binascii
import contextlib
import os
import re
from ipaddress import ip_address
from urllib.parse import quote, urlsplit

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.http.identity import Identity, KeyRing, Role
from shared.http.problems import problem
from shared.http.sessions import CSRF_HEADER, Sessions

_REQUEST_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}", re.ASCII)
_OPEN_PATHS = frozenset({"/health", "/ready", "/login", "/api/session"})
_PROBES = frozenset({"/health", "/ready"})
_READING = frozenset({"GET", "HEAD", "OPTIONS"})


def request_id_for(given: str) -> str:
    """The client's own id when it is a plain one, else a new one."""
    return given if _REQUEST_ID.fullmatch(given) else os.urandom(16).hex()


class RequestIds:
    """Gives each request an id: the client's `X-Request-ID` when it is a plain one, else a new one.

    It is in `request.state.request_id`, in every log line of the request, and in the answer's header.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = request_id_for(Headers(scope=scope).get("x-request-id", ""))
        scope.setdefault("state", {})["request_id"] = request_id

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)["X-Request-ID"] = request_id
            await send(message)

        with structlog.contextvars.bound_contextvars(request_id=request_id):
            await self._app(scope, receive, send_with_id)


class Access:
    """Lets in who presents a key or has a session, and lets viewers only read.

    A key comes as `Authorization: Bearer`, `X-API-Key`, or the password of Basic; a session as the cookie
    that the login page sets. `request.state.identity` says who it is. `/health`, `/ready` and the login page
    with its files stay open. One good key is enough: a proxy in front may use `Authorization` for itself.
    """

    def __init__(self, app: ASGIApp, keys: KeyRing) -> None:
        self._app, self._keys, self._sessions = app, keys, Sessions(keys)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        presented = presented_keys(headers)
        session = None if presented else self._sessions.read(headers.get("cookie", ""))
        identity = self._keys.identify_any(presented) if presented else session
        if identity is not None:
            scope.setdefault("state", {})["identity"] = identity
        answer = None if _is_open(scope["path"]) else _refusal(scope, headers, identity, session)
        await (answer or self._app)(scope, receive, send)


def _is_open(path: str) -> bool:
    return path in _OPEN_PATHS or path.startswith("/assets/")


def _refusal(
    scope: Scope, headers: Headers, identity: Identity | None, session: Identity | None
) -> Response | None:
    """Why the request is not answered; None when it is."""
    reads = scope["method"] in _READING
    if identity is None:
        return _sign_in(scope, headers)
    if not reads and identity.role < Role.OPERATOR:
        return problem(403, "Your key may only read", f"{identity.name} is a viewer.", kind="forbidden")
    if not reads and session is not None and CSRF_HEADER not in headers:
        return problem(
            403, "The request does not come from our pages", f"Under a session send {CSRF_HEADER}."
        )
    return None


def _sign_in(scope: Scope, headers: Headers) -> Response:
    if scope["method"] == "GET" and "text/html" in headers.get("accept", ""):
        query = scope.get("query_string", b"").decode("latin-1")
        wanted = scope["path"] + (f"?{query}" if query else "")
        return RedirectResponse(f"/login?next={quote(wanted, safe='')}", 303)
    return problem(
        401,
        "An API key is needed",
        "Send one as 'Authorization: Bearer …' or 'X-API-Key: …'.",
        headers={"WWW-Authenticate": 'Bearer realm="Pressroom"'},
    )


def presented_keys(headers: Headers) -> list[bytes]:
    """The keys that a request presents, as the bytes that were sent."""
    found = [_sent(value) for value in headers.getlist("x-api-key")]
    for line in headers.getlist("authorization"):
        scheme, _, value = line.partition(" ")
        if scheme.lower() == "bearer":
            found.append(_sent(value.strip()))
        elif scheme.lower() == "basic":
            with contextlib.suppress(binascii.Error):
                found.append(base64.b64decode(_sent(value), validate=True).partition(b":")[2])
    return found


def _sent(value: str) -> bytes:
    return value.encode("latin-1")  # as which the server decodes every header


class KnownHosts:
    """Refuses requests for a host name that is not this machine's, where no key is needed.

    A page of a name that its owner lets point here too (DNS rebinding) could otherwise read everything as if
    it were ours. An address is no name, so nobody can do that with one.
    """

    def __init__(self, app: ASGIApp, hosts: frozenset[str]) -> None:
        self._app, self._hosts = app, hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] not in _PROBES:
            host = Headers(scope=scope).get("host", "")
            if not is_known_host(host, self._hosts):
                answer = problem(
                    421,
                    "This service is not known by that host name",
                    f"Host: {host[:200]}. PRESSROOM_ALLOWED_HOSTS lists names beyond localhost.",
                    kind="unknown-host",
                )
                await answer(scope, receive, send)
                return
        await self._app(scope, receive, send)


def is_known_host(host: str, hosts: frozenset[str]) -> bool:
    """Whether a `Host` header names this machine: by an address, as localhost, or as one of `hosts`."""
    try:
        name = (urlsplit(f"//{host}").hostname or "").rstrip(".")
    except ValueError:
        return False
    if not host or name in hosts or name.endswith(".localhost") or "*" in hosts:
        return True
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


class SameOriginWrites:
    """Refuses writes that a browser sends for a page of another origin, unless that origin is configured.

    Without it any web page could cancel the jobs of whoever opens it beside a dashboard on loopback.
    """

    def __init__(self, app: ASGIApp, origins: list[str]) -> None:
        self._app, self._origins = app, frozenset(origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] not in _READING:
            headers = Headers(scope=scope)
            origin = headers.get("origin")
            if origin and not self._allowed(origin, headers.get("host")):
                answer = problem(403, "Writes from this origin are not allowed", f"Origin: {origin[:200]}")
                await answer(scope, receive, send)
                return
        await self._app(scope, receive, send)

    def _allowed(self, origin: str, host: str | None) -> bool:
        if origin in self._origins or "*" in self._origins:
            return True
        try:
            return urlsplit(origin).netloc == host
        except ValueError:
            return False
