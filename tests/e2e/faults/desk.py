"""What a directed test does as a client."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import time
from collections.abc import Callable
from typing import Any, Self

import httpx

from tests.e2e.faults.cluster import Cluster
from tests.e2e.faults.evidence import pages_of
from tests.e2e.faults.history import Event
from tests.e2e.faults.recorder import Recorder
from tests.e2e.faults.replay import follow

WAIT_SECONDS = 60.0
POLL_SECONDS = 0.05


class Desk:
    """Sends reports and looks after them."""

    def __init__(self, cluster: Cluster, recorder: Recorder) -> None:
        self.cluster, self.recorder = cluster, recorder
        self.http = httpx.AsyncClient(trust_env=False, timeout=15.0)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.http.aclose()

    async def post(self, misbehave: str = "", key: str = "", **options: Any) -> httpx.Response:
        """Asks for a report, which may be told to misbehave."""
        data: dict[str, Any] = {"period": "2026-Q3", "revenue": 1}
        if misbehave:
            data["misbehave"] = misbehave
        url = f"{self.cluster.producer_url}/api/v1/reports/generate"
        headers = {"Idempotency-Key": key} if key else {}
        body = {"reportType": "test", "data": data, **options}
        return await self.http.post(url, json=body, headers=headers)

    async def submit(self, misbehave: str = "", **options: Any) -> str:
        """Asks for a report that must be taken in; the job's id."""
        answer = await self.post(misbehave, **options)
        assert answer.status_code == httpx.codes.ACCEPTED, answer.text
        job_id: str = answer.json()["data"]["jobId"]
        return job_id

    async def running(self, misbehave: str, **options: Any) -> tuple[str, Event]:
        """A job in the hands of a worker, and its claim."""
        job_id = await self.submit(misbehave, **options)
        return job_id, await self.recorder.wait_for("claimed", job_id)

    async def document(self, job_id: str) -> dict[str, Any]:
        """The job as the dashboard shows it."""
        answer = await self.http.get(f"{self.cluster.dashboard_url}/api/jobs/{job_id}")
        body: dict[str, Any] = answer.raise_for_status().json()
        return body

    async def ended(self, job_id: str, event: str) -> dict[str, Any]:
        """The job's document once it has ended with that event; its whole story was allowed."""
        await self.recorder.wait_for(event, job_id)
        document = await self.document(job_id)
        events = [e for e in self.recorder.events if e.job_id == job_id]
        story = follow(job_id, events, document["maxAttempts"], poison_limit=3)
        assert story.faults == []
        assert document["state"] == event
        return document

    async def completed(self, job_id: str) -> dict[str, Any]:
        """The document of a job that has published exactly one whole PDF."""
        document = await self.ended(job_id, "completed")
        result = document["result"]
        path = self.cluster.volume.folder / result["fileName"]
        content = path.read_bytes()
        assert hashlib.sha256(content).hexdigest() == result["sha256"]
        assert pages_of(path) == result["pages"]
        assert sum(e.event == "completed" for e in self.recorder.of(job_id)) == 1
        return document

    async def downloads(self, document: dict[str, Any]) -> list[httpx.Response]:
        """The answers of the dashboard and of a worker to somebody who wants the PDF."""
        worker = f"http://127.0.0.1:{self.cluster.workers[0].port}"
        return [
            await self.http.get(f"{self.cluster.dashboard_url}/api/jobs/{document['id']}/download"),
            await self.http.get(f"{worker}/uploads/{document['result']['fileName']}"),
        ]


async def eventually(probe: Callable[[], object], what: str, seconds: float = WAIT_SECONDS) -> None:
    """Waits until the probe says yes."""
    deadline = time.monotonic() + seconds
    while True:
        with contextlib.suppress(OSError):
            if probe():
                return
        assert time.monotonic() < deadline, f"not within {seconds:g} s: {what}"
        await asyncio.sleep(POLL_SECONDS)
