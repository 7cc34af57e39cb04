"""Answers that are JSON already when they reach the route."""

from __future__ import annotations

from typing import Any

import orjson
from fastapi import Response


def json_response(content: dict[str, Any]) -> Response:
    """Plain data as JSON, without a second pass through a model: a payload in it may have megabytes."""
    return Response(orjson.dumps(content), media_type="application/json")
