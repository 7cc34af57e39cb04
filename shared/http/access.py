"""Who acts, and whether they may."""

from __future__ import annotations

from typing import Final

from fastapi import Request

from shared.errors import Forbidden
from shared.http.identity import ANYONE, Identity, Role

#: what timelines say of a client of the producer when the service has no keys, so that nobody has a name
UNNAMED_CLIENT: Final = "client"


def identity_of(request: Request) -> Identity:
    """The caller, as `shared.http.guards.Access` found out."""
    identity: Identity = getattr(request.state, "identity", ANYONE)
    return identity


def require(request: Request, role: Role) -> None:
    """Raises `Forbidden` when the caller's role is lower."""
    identity = identity_of(request)
    if identity.role < role:
        raise Forbidden(f"{identity.name} is {identity.role.name.lower()}; this needs {role.name.lower()}")
