"""What people do that no timeline shows is listed: who, what, when."""

from __future__ import annotations

import httpx

from tests.factories import JobFactory


async def test_pauses_deletions_and_bulk_actions_are_listed_newest_first(
    client: httpx.AsyncClient, jobs: JobFactory
) -> None:
    assert (await client.get("/api/audit")).json() == {"entries": []}
    await client.post("/api/queue/pause")
    await client.post("/api/queue/pause")  # changes nothing
    await client.post("/api/queue/resume")
    await client.post("/api/workers/w9/pause")
    one = await jobs.failed(title="March")
    await client.delete(f"/api/jobs/{one}")
    many = [await jobs.failed(tenant="north") for _ in range(3)]
    await client.post("/api/jobs/bulk", json={"action": "retry", "filter": {"tenant": "north"}})
    await client.post("/api/jobs/bulk", json={"action": "remove", "filter": {"tenant": "north"}})
    assert len(many) == 3
    entries = (await client.get("/api/audit")).json()["entries"]
    assert [(entry["action"], entry["detail"]) for entry in entries] == [
        ("jobs deleted", "3 jobs with tenant north"),
        ("jobs retried", "3 jobs with tenant north"),
        ("job deleted", f"test {one}: March"),
        ("worker paused", "w9"),
        ("queue resumed", ""),
        ("queue paused", ""),
    ]
    assert {entry["by"] for entry in entries} == {"dashboard"}
    assert len((await client.get("/api/audit?limit=2")).json()["entries"]) == 2


async def test_a_document_without_its_payload_is_what_the_description_says(
    client: httpx.AsyncClient, jobs: JobFactory
) -> None:
    job_id = await jobs.completed()
    body = (await client.get(f"/api/jobs/{job_id}?omit=jobData")).json()
    schema = (await client.get("/openapi.json")).json()["components"]["schemas"]["JobDocument"]
    assert "jobData" not in body
    assert set(schema["required"]) <= set(body)
