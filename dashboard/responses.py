"""Answers that are JSON already when they reach the route."""

from __future__ import annotations

from typing import Any

from fastapi import Response
from pydantic_core import to_json


def json_response(content: dict[str, Any]) -> Response:
    """Plain data as JSON, without a second pass through a model.

    A payload in it may have megabytes, and integers of any length.
    """
    return Response(to_json(content), media_type="application/json")
