"""The dashboard's API on a real queue: every answer has the fields and types that its schema promises."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from pydantic import BaseModel

from dashboard.schemas import JobDocument, JobSummary
from shared.job import JobState
from shared.queue.commands import QueueCommands
from shared.queue.leases import Leases
from shared.settings import Settings
from shared.storage import LocalStorage
from tests.factories import JobFactory


def assert_fits(document: dict[str, Any], model: type[BaseModel]) -> None:
    """The document has exactly the model's fields, with its types and no conversion."""
    aliases = {field.alias for field in model.model_fields.values()}
    assert set(document) == aliases
    again = model.model_validate(document).model_dump(mode="json", by_alias=True)
    assert {name: again[name] for name in document if name != "result"} == {
        name: value for name, value in document.items() if name != "result"
    }


@pytest.mark.parametrize("state", list(JobState))
async def test_the_document_of_a_job_in_any_state_fits_its_schema(
    client: httpx.AsyncClient, jobs: JobFactory, state: JobState
) -> None:
    job_id = await jobs.in_state(state, title="A title", tenant="north")
    document = (await client.get(f"/api/jobs/{job_id}")).json()
    assert_fits(document, JobDocument)
    assert (document["id"], document["state"], document["status"]) == (job_id, state, state)
    assert document["jobData"] == {
        "reportType": "test",
        "data": {"period": "Q1", "revenue": 1},
        "title": "A title",
    }
    assert isinstance(document["timestamp"], int)
    assert document["timeline"][0]["event"] == "submitted"


async def test_an_integer_of_any_length_is_shown_as_it_was_posted(
    client: httpx.AsyncClient, jobs: JobFactory
) -> None:
    job_id = await jobs.waiting(data={"rows": [{"iban": 12345678901234567890123}]})
    answer = await client.get(f"/api/jobs/{job_id}")
    assert answer.status_code == 200
    assert answer.json()["jobData"]["data"]["rows"] == [{"iban": 12345678901234567890123}]


async def test_the_list_holds_all_states_newest_first(client: httpx.AsyncClient, jobs: JobFactory) -> None:
    order = [JobState.COMPLETED, JobState.FAILED, JobState.CANCELLED, JobState.ACTIVE, JobState.DELAYED]
    made = [await jobs.in_state(state) for state in order]
    body = (await client.get("/api/jobs")).json()
    assert [job["id"] for job in body["jobs"]] == made[::-1]
    for job in body["jobs"]:
        assert_fits(job, JobSummary)
    for job_id, state in zip(made, order, strict=True):
        filtered = (await client.get(f"/api/jobs?state={state}")).json()
        assert [job["id"] for job in filtered["jobs"]] == [job_id]
        assert (filtered["total"], filtered["nextCursor"]) == (1, None)


async def test_stats_count_what_is_there(client: httpx.AsyncClient, jobs: JobFactory) -> None:
    for state in JobState:
        if state is not JobState.WAITING:
            await jobs.in_state(state)
    await jobs.waiting()
    body = (await client.get("/api/stats")).json()
    assert body["queue"] == "report:queue"
    assert body["counts"] == {"waiting": 1, "active": 1, "completed": 1, "failed": 1, "delayed": 1}
    assert (body["totalJobs"], body["cancelled"], body["paused"]) == (5, 1, False)
    assert body["rates"]["completedLastMinute"] == body["rates"]["failedLastHour"] == 1
    assert body["oldestWaitingSeconds"] >= 0


async def test_inherited_lists_show_the_jobs_with_numbers_for_times(
    client: httpx.AsyncClient, jobs: JobFactory
) -> None:
    done, bad = await jobs.completed(), await jobs.failed()
    completed = (await client.get("/api/jobs/completed")).json()["jobs"]
    assert [job["id"] for job in completed] == [done]
    assert isinstance(completed[0]["processedAt"], int)
    assert completed[0]["success"] is True
    failed = (await client.get("/api/jobs/failed")).json()["jobs"]
    assert [job["id"] for job in failed] == [bad]
    assert isinstance(failed[0]["finishedOn"], int)
    assert failed[0]["jobData"] == {"reportType": "test", "data": {"period": "Q1", "revenue": 1}}
    assert failed[0]["failedReason"] == failed[0]["errorDetails"]["message"]


async def test_a_worker_is_listed_after_its_heartbeat(client: httpx.AsyncClient, leases: Leases) -> None:
    presence = {"pid": "7", "host": "here", "port": "5002", "uptime": "1.5", "concurrency": "2"}
    await leases.heartbeat([], {**presence, "running": "", "rss": "1024"})
    body = (await client.get("/api/workers")).json()
    assert body["count"] == 1
    worker = body["workers"][0]
    assert (worker["id"], worker["pid"], worker["uptime"], worker["running"]) == ("w1", 7, 1.5, [])
    assert abs(body["timestamp"] - worker["timestamp"]) < 60_000


async def test_retry_cancel_and_remove_change_the_job(
    client: httpx.AsyncClient, jobs: JobFactory, commands: QueueCommands
) -> None:
    job_id = await jobs.failed()
    assert (await client.post(f"/api/jobs/{job_id}/retry")).json()["state"] == "waiting"
    assert (await client.post(f"/api/jobs/{job_id}/retry")).status_code == 409
    assert (await client.post(f"/api/jobs/{job_id}/cancel")).json()["previousState"] == "waiting"
    document = (await client.get(f"/api/jobs/{job_id}")).json()
    assert document["state"] == "cancelled"
    assert document["timeline"][-1]["detail"] == "dashboard"
    assert (await client.delete(f"/api/jobs/{job_id}")).status_code == 200
    assert (await client.get(f"/api/jobs/{job_id}")).status_code == 404


async def test_a_paused_queue_gives_no_job_out_until_it_is_resumed(
    client: httpx.AsyncClient, jobs: JobFactory, leases: Leases
) -> None:
    job_id = await jobs.waiting()
    await client.post("/api/queue/pause")
    assert (await client.get("/api/stats")).json()["paused"] is True
    assert (await leases.claim(1)).jobs == ()
    await client.post("/api/queue/resume")
    assert [job.id for job in (await leases.claim(1)).jobs] == [job_id]


async def test_a_completed_job_whose_file_is_gone_is_a_410(
    client: httpx.AsyncClient, jobs: JobFactory, storage: LocalStorage
) -> None:
    job_id = await jobs.completed()
    assert (await client.get(f"/api/jobs/{job_id}/download")).status_code == 410


async def test_pages_of_a_long_list_hold_every_job_once(client: httpx.AsyncClient, jobs: JobFactory) -> None:
    made = {await jobs.waiting() for _ in range(23)}
    seen: list[str] = []
    cursor = ""
    while cursor is not None:
        query = f"/api/jobs?state=waiting&limit=10{f'&cursor={cursor}' if cursor else ''}"
        body = (await client.get(query)).json()
        seen += [job["id"] for job in body["jobs"]]
        cursor = body["nextCursor"]
    assert len(seen) == 23
    assert set(seen) == made


async def test_health_names_the_service(client: httpx.AsyncClient, settings: Settings) -> None:
    body = (await client.get("/health")).json()
    assert (body["service"], body["status"], body["redis"]) == ("dashboard", "healthy", "connected")
