"""Who acts, and whether they may."""

from __future__ import annotations

from fastapi import Request

from shared.errors import Forbidden
from shared.http.identity import ANYONE, Identity, Role


def identity_of(request: Request) -> Identity:
    """The caller, as `shared.http.guards.Access` found out."""
    identity: Identity = getattr(request.state, "identity", ANYONE)
    return identity


def actor_of(request: Request, unnamed: str) -> str:
    """The caller's name for timelines and logs; `unnamed` where there are no keys, so that nobody has one."""
    return identity_of(request).name or unnamed


def require(request: Request, role: Role) -> None:
    """Raises `Forbidden` when the caller's role is lower."""
    identity = identity_of(request)
    if identity.role < role:
        raise Forbidden(f"{identity.name} is {identity.role.name.lower()}; this needs {role.name.lower()}")
