"""What the dashboard calls whoever acts."""

from __future__ import annotations

from fastapi import Request

from shared.http import access


def actor_of(request: Request) -> str:
    """The caller's name for timelines and logs."""
    return access.actor_of(request, "dashboard")
