"""Requests to the producer, and the answers to them with the lane and without it."""

from __future__ import annotations

import json
import re
from typing import Any

from shared.settings import Settings
from tests.integration.producer.served import served

GENERATE = "/api/v1/reports/generate"
SALES: dict[str, Any] = {"reportType": "sales", "data": {"period": "2025-Q4", "revenue": 1250000}}


def request(
    body: bytes | None = None,
    *lines: str,
    method: str = "POST",
    path: str = GENERATE,
    host: str = "localhost",
) -> bytes:
    """A request; further header lines go before `Content-Length`."""
    if body is None:
        body = json.dumps(SALES, separators=(",", ":")).encode()
    head = [f"{method} {path} HTTP/1.1", f"Host: {host}", *lines]
    if not any(line.lower().startswith("content-type") for line in lines):
        head.append("Content-Type: application/json")
    if not any(line.lower().startswith(("content-length", "transfer-encoding")) for line in lines):
        head.append(f"Content-Length: {len(body)}")
    return "\r\n".join(head).encode("latin-1") + b"\r\n\r\n" + body


def alike(answer: bytes) -> bytes:
    """The answer without what differs each time."""
    answer = re.sub(rb"date: [^\r]*", b"date: *", answer)
    return re.sub(rb"[0-9a-f]{32}", b"*", answer)


async def both(settings: Settings, *parts: bytes, pause: float = 0.0, answers: int = 1) -> tuple[bytes, int]:
    """The answer, which must be the same with the lane and without it; how many requests the lane took."""
    found = []
    for with_lane in (False, True):
        async with served(settings, with_lane=with_lane) as producer:
            found.append(alike(await producer.raw(*parts, pause=pause, answers=answers)))
    assert found[0] == found[1]
    return found[0], producer.taken
