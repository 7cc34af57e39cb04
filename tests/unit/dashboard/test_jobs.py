from __future__ import annotations

import httpx
import pytest

from shared.job import JobState
from shared.queue.reads import JobFilter, Sort
from tests.unit.dashboard.fakes import NOW_MS, FakeQueue, completed_job, failed_job, make_job


async def test_completed_jobs_have_exactly_the_inherited_fields(
    client: httpx.AsyncClient, queue: FakeQueue
) -> None:
    queue.add(completed_job("done-1", b"12345"))
    body = (await client.get("/api/jobs/completed")).json()
    assert body == {
        "jobs": [
            {
                "id": "done-1",
                "name": "generate-report",
                "success": True,
                "reportUrl": "/uploads/sales-done-1-f1.pdf",
                "fileName": "sales-done-1-f1.pdf",
                "fileSize": 5,
                "processedAt": NOW_MS,
            }
        ],
        "total": 1,
        "page": 1,
        "limit": 20,
    }


async def test_failed_jobs_have_exactly_the_inherited_fields(
    client: httpx.AsyncClient, queue: FakeQueue
) -> None:
    queue.add(failed_job("bad-1"))
    queue.posted["bad-1"] = {"reportType": "sales", "data": {"period": "Q1", "revenue": 1}}
    body = (await client.get("/api/jobs/failed?page=1&limit=5")).json()
    assert body == {
        "jobs": [
            {
                "id": "bad-1",
                "name": "generate-report",
                "jobData": {"reportType": "sales", "data": {"period": "Q1", "revenue": 1}},
                "failedReason": "took too long",
                "finishedOn": NOW_MS,
                "attempts": 3,
                "errorDetails": {"type": "RenderTimeout", "message": "took too long", "detail": "300 s"},
            }
        ],
        "total": 1,
        "page": 1,
        "limit": 5,
    }


async def test_pages_count_from_one(client: httpx.AsyncClient, queue: FakeQueue) -> None:
    await client.get("/api/jobs/completed?page=3&limit=7")
    assert queue.asked == (14, 7)


@pytest.mark.parametrize("kind", ["completed", "failed"])
@pytest.mark.parametrize(
    "query", ["page=0", "page=x", "limit=0", "limit=101", "limit=", "page=99999999999999"]
)
async def test_a_page_that_makes_no_sense_is_refused_by_name(
    client: httpx.AsyncClient, kind: str, query: str
) -> None:
    response = await client.get(f"/api/jobs/{kind}?{query}")
    assert response.status_code == 422
    assert query.split("=", maxsplit=1)[0] in response.json()["errors"][0]["path"]


async def test_the_list_is_followed_by_its_cursor_to_the_end(
    client: httpx.AsyncClient, queue: FakeQueue
) -> None:
    queue.add(*(make_job(f"job-{at}") for at in range(5)))
    seen: list[str] = []
    cursor: str | None = None
    for _ in range(3):
        params = {"limit": "2", "state": "waiting"} | ({"cursor": cursor} if cursor else {})
        body = (await client.get("/api/jobs", params=params)).json()
        seen += [job["id"] for job in body["jobs"]]
        cursor = body["nextCursor"]
        assert body["total"] == 5
    assert seen == ["job-4", "job-3", "job-2", "job-1", "job-0"]
    assert cursor is None


async def test_every_filter_reaches_the_queue(client: httpx.AsyncClient, queue: FakeQueue) -> None:
    params = {
        "state": "failed",
        "reportType": "sales",
        "tenant": "north",
        "workerId": "w-1",
        "q": " late ",
        "from": "2026-03-01T00:00:00Z",
        "to": "2026-03-02T00:00:00+01:00",
    }
    assert (await client.get("/api/jobs", params=params)).status_code == 200
    filtered = JobFilter(
        JobState.FAILED, "sales", "north", "w-1", "late", 1_772_323_200_000, 1_772_406_000_000
    )
    assert queue.wanted == (filtered, Sort.NEWEST)


@pytest.mark.parametrize(
    ("query", "sort"),
    [
        ("", "-createdAt"),
        ("state=failed", "-finishedAt"),
        ("state=failed&tenant=a", "-createdAt"),
        ("state=waiting", "-createdAt"),
        ("state=failed&sort=createdAt", "createdAt"),
    ],
)
async def test_the_answer_names_its_order(client: httpx.AsyncClient, query: str, sort: str) -> None:
    assert (await client.get(f"/api/jobs?{query}")).json()["sort"] == sort


async def test_a_text_search_has_one_order(client: httpx.AsyncClient) -> None:
    response = await client.get("/api/jobs?q=x&sort=finishedAt")
    assert (response.status_code, response.json()["errors"][0]["path"]) == (422, "sort")


async def test_a_cursor_belongs_to_its_filter(client: httpx.AsyncClient, queue: FakeQueue) -> None:
    queue.add(*(make_job(f"job-{at}") for at in range(5)))
    cursor = (await client.get("/api/jobs?limit=2")).json()["nextCursor"]
    response = await client.get(f"/api/jobs?limit=2&tenant=a&cursor={cursor}")
    assert response.status_code == 422
    assert "another filter" in response.json()["errors"][0]["message"]


@pytest.mark.parametrize(
    "query",
    [
        "stat=failed",
        "from=yesterday",
        "from=2026-01-01",
        "sort=size",
        f"q={'x' * 201}",
        "state=stalled",
        "state=",
        "cursor=nonsense",
        "cursor=ä",
        "limit=101",
    ],
)
async def test_a_list_parameter_that_makes_no_sense_is_refused(client: httpx.AsyncClient, query: str) -> None:
    response = await client.get(f"/api/jobs?{query}")
    assert response.status_code == 422
    assert query.split("=", maxsplit=1)[0] in response.json()["errors"][0]["path"]


async def test_running_jobs_are_listed_by_their_start_and_not_by_their_heartbeat(
    client: httpx.AsyncClient, queue: FakeQueue
) -> None:
    for job_id, started in (("b", "2026-02"), ("c", "2026-03"), ("a", "2026-01")):
        queue.add(make_job(job_id, JobState.ACTIVE, stage=started))
    body = (await client.get("/api/jobs?state=active")).json()
    assert [job["id"] for job in body["jobs"]] == ["c", "b", "a"]


async def test_a_document_comes_with_or_without_what_was_posted(
    client: httpx.AsyncClient, queue: FakeQueue
) -> None:
    queue.add(make_job("job-1"))
    queue.posted["job-1"] = {"reportType": "sales", "data": {}}
    assert (await client.get("/api/jobs/job-1")).json()["jobData"] == {"reportType": "sales", "data": {}}
    assert "jobData" not in (await client.get("/api/jobs/job-1?omit=jobData")).json()
    assert (await client.get("/api/jobs/job-1?omit=id")).status_code == 422


@pytest.mark.parametrize("job_id", ["unknown", "..%2F..%2Fetc%2Fpasswd", "%00", "x" * 2000, "%F0%9F%92%A3"])
async def test_an_unknown_id_is_a_404_problem(client: httpx.AsyncClient, job_id: str) -> None:
    response = await client.get(f"/api/jobs/{job_id}")
    assert response.status_code == 404
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["status"] == 404
