"""What the e2e tests do as a client, whatever started the stack."""

from __future__ import annotations

import secrets
import socket
import time
from collections import deque
from collections.abc import Callable
from typing import Any, Self, TypeVar

import httpx

T = TypeVar("T")
WAIT_SECONDS = 60.0
SALES = {"reportType": "sales", "title": "A report", "data": {"period": "2025-Q4", "revenue": 1250000}}


def eventually(probe: Callable[[], T | None], what: str, seconds: float = WAIT_SECONDS) -> T:
    """The first answer that is not false. A failed connection counts as not yet."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if answer := probe():
                return answer
        except httpx.TransportError:
            pass
        time.sleep(0.05)
    raise AssertionError(f"not within {seconds:g} s: {what}")


#: ports that were given away lately: their services may not listen yet
_given: deque[int] = deque(maxlen=1_000)


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on or will soon, below the range of outgoing connections."""
    found: list[int] = []
    while len(found) < count:
        port = 12_000 + secrets.randbelow(8_000)
        with socket.socket() as probe:
            if port not in _given and probe.connect_ex(("127.0.0.1", port)) != 0:
                found.append(port)
                _given.append(port)
    return found


class Client:
    """Calls the three ports of a stack on this machine."""

    def __init__(self, producer_port: int, worker_port: int, dashboard_port: int) -> None:
        self.producer_port, self.worker_port, self.dashboard_port = producer_port, worker_port, dashboard_port
        self._client = httpx.Client(trust_env=False, timeout=30)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def get(self, port: int, path: str, **options: Any) -> httpx.Response:
        """GET from this machine."""
        return self._client.get(f"http://127.0.0.1:{port}{path}", **options)

    def head(self, port: int, path: str) -> httpx.Response:
        """HEAD from this machine."""
        return self._client.head(f"http://127.0.0.1:{port}{path}")

    def post(self, port: int, path: str, **options: Any) -> httpx.Response:
        """POST to this machine."""
        return self._client.post(f"http://127.0.0.1:{port}{path}", **options)

    def delete(self, port: int, path: str) -> httpx.Response:
        """DELETE on this machine."""
        return self._client.delete(f"http://127.0.0.1:{port}{path}")

    def submit(self, body: dict[str, Any] = SALES) -> str:
        """POSTs a report; the job's id."""
        answer = self.post(self.producer_port, "/api/v1/reports/generate", json=body)
        assert answer.status_code == httpx.codes.ACCEPTED, answer.text
        job_id: str = answer.json()["data"]["jobId"]
        return job_id

    def completed(self, job_id: str) -> dict[str, Any]:
        """The job's document once the job has completed."""

        def document() -> dict[str, Any] | None:
            body: dict[str, Any] = self.get(self.dashboard_port, f"/api/jobs/{job_id}").json()
            assert body.get("state") not in ("failed", "cancelled"), body
            return body if body.get("state") == "completed" else None

        return eventually(document, f"job {job_id} completes")
