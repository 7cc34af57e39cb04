"""What the dashboard calls whoever acts."""

from __future__ import annotations

from fastapi import Request

from shared.http.access import identity_of

#: what timelines say when the service has no keys, so that nobody has a name
UNNAMED = "dashboard"


def actor_of(request: Request) -> str:
    """The caller's name for timelines and logs."""
    return identity_of(request).name or UNNAMED
