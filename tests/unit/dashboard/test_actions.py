from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from shared.job import JobState
from tests.unit.dashboard.fakes import FakeQueue, completed_job, failed_job, make_job, write_pdf


async def test_retry_tells_the_former_and_the_new_state(client: httpx.AsyncClient, queue: FakeQueue) -> None:
    queue.add(failed_job())
    response = await client.post("/api/jobs/bad-1/retry")
    assert response.json() == {
        "success": True,
        "id": "bad-1",
        "action": "retry",
        "previousState": "failed",
        "state": "waiting",
    }


async def test_cancel_ends_a_running_job(client: httpx.AsyncClient, queue: FakeQueue) -> None:
    queue.add(make_job("run-1", JobState.ACTIVE))
    body = (await client.post("/api/jobs/run-1/cancel")).json()
    assert (body["previousState"], body["state"]) == ("active", "cancelled")


async def test_removing_a_job_deletes_its_pdf(
    client: httpx.AsyncClient, queue: FakeQueue, tmp_path: Path
) -> None:
    job = completed_job()
    queue.add(job)
    path = write_pdf(tmp_path, job, b"%PDF")
    body = (await client.delete("/api/jobs/done-1")).json()
    assert (body["action"], body["state"]) == ("remove", None)
    assert not path.exists()
    assert (await client.get("/api/jobs/done-1")).status_code == 404


async def test_removing_succeeds_when_the_pdf_can_not_be_deleted(
    client: httpx.AsyncClient, queue: FakeQueue, tmp_path: Path
) -> None:
    job = completed_job()
    queue.add(job)
    assert job.result is not None
    (tmp_path / job.result["fileName"]).mkdir()
    assert (await client.delete("/api/jobs/done-1")).status_code == 200


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/api/jobs/done-1/cancel"),
        ("POST", "/api/jobs/done-1/retry"),
        ("POST", "/api/jobs/run-1/retry"),
        ("DELETE", "/api/jobs/run-1"),
    ],
)
async def test_an_action_that_the_state_forbids_is_a_409_that_names_the_state(
    client: httpx.AsyncClient, queue: FakeQueue, method: str, path: str
) -> None:
    queue.add(completed_job(), make_job("run-1", JobState.ACTIVE))
    response = await client.request(method, path)
    assert response.status_code == 409
    assert ("completed" if "done" in path else "active") in response.json()["detail"]


@pytest.mark.parametrize(("method", "suffix"), [("POST", "/retry"), ("POST", "/cancel"), ("DELETE", "")])
async def test_an_action_on_an_unknown_job_is_a_404(
    client: httpx.AsyncClient, method: str, suffix: str
) -> None:
    assert (await client.request(method, f"/api/jobs/nobody{suffix}")).status_code == 404


async def test_the_queue_is_paused_and_resumed(client: httpx.AsyncClient) -> None:
    paused = {"success": True, "paused": True, "changed": True}
    assert (await client.post("/api/queue/pause")).json() == paused
    assert (await client.post("/api/queue/pause")).json() == paused | {"changed": False}
    assert (await client.get("/api/stats")).json()["paused"] is True
    assert (await client.post("/api/queue/resume")).json() == paused | {"paused": False}


async def test_an_action_asked_for_by_another_site_is_refused(
    client: httpx.AsyncClient, queue: FakeQueue
) -> None:
    queue.add(failed_job())
    response = await client.post("/api/jobs/bad-1/retry", headers={"Origin": "https://elsewhere.example"})
    assert response.status_code == 403


async def test_actions_without_redis_are_a_503(client: httpx.AsyncClient, queue: FakeQueue) -> None:
    queue.down = True
    assert (await client.post("/api/jobs/x/retry")).status_code == 503
    assert (await client.post("/api/queue/pause")).status_code == 503


async def test_a_body_that_no_call_needs_is_refused_before_it_is_held(client: httpx.AsyncClient) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        yield b'{"key": "'
        for _ in range(100):
            yield b"x" * 10_000

    for path in ("/api/session", "/api/jobs/bulk"):
        declared = await client.post(path, content=b"x" * 100_000)
        streamed = await client.post(path, content=chunks(), headers={"Content-Type": "application/json"})
        for answer in (declared, streamed):
            assert answer.status_code == 413
            assert answer.headers["content-type"] == "application/problem+json"
