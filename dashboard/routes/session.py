"""Signing in and out of the web UI."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import Field

from dashboard.services import services_of
from dashboard.wire import Wire
from shared.http.access import identity_of
from shared.http.identity import Identity, KeyRing
from shared.http.problems import problem
from shared.http.sessions import Sessions, cookie
from shared.logs import get_logger

router = APIRouter(prefix="/api/session", tags=["session"])
log = get_logger(__name__)

#: every wrong key costs this long, in seconds
_WRONG_KEY_SECONDS = 0.5


class Session(Wire):
    """Who is signed in."""

    name: str = Field(description="empty when the service has no keys")
    role: str | None = Field(description="viewer, operator or admin; null when nobody is signed in")
    needs_key: bool


class SignIn(Wire):
    """The key to sign in with."""

    key: Annotated[str, Field(min_length=1, max_length=500, repr=False)]


@router.get("")
async def who_am_i(request: Request) -> Session:
    """Who is signed in and what they may do."""
    needs_key = bool(request.app.state.keys)
    identity: Identity | None = identity_of(request)
    if needs_key and not hasattr(request.state, "identity"):
        identity = None
    return Session(
        name=identity.name if identity else "",
        role=identity.role.name.lower() if identity else None,
        needs_key=needs_key,
    )


@router.post("", status_code=204)
async def sign_in(body: SignIn, request: Request) -> Response:
    """Sets the session cookie for a key."""
    keys: KeyRing = request.app.state.keys
    identity = keys.identify(body.key.encode("utf-8", "replace"))
    if identity is None:
        await asyncio.sleep(_WRONG_KEY_SECONDS)
        return problem(401, "This key is not known", "Check it for missing characters.")
    log.info("signed in", by=identity.name, role=identity.role.name.lower())
    secure = _is_secure(request)
    value = Sessions(keys).issue(identity)
    return Response(status_code=204, headers={"Set-Cookie": cookie(value, secure=secure)})


@router.delete("", status_code=204)
async def sign_out(request: Request) -> Response:
    """Ends the session in this browser."""
    secure = _is_secure(request)
    return Response(status_code=204, headers={"Set-Cookie": cookie("", secure=secure, max_age=0)})


def _is_secure(request: Request) -> bool:
    """Whether the browser speaks TLS, here or to a proxy in front."""
    configured = services_of(request).settings.dashboard_url or ""
    return request.url.scheme == "https" or configured.startswith("https://")
