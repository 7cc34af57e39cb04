"""The option `reuse` over HTTP: what counts as the same report, and what the answer says of it."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from arq.connections import ArqRedis

from shared.queue import keys
from shared.queue.commands import QueueCommands
from shared.queue.leases import Leases
from tests.factories import RESULT

GENERATE, BATCH, DATASETS = "/api/v1/reports/generate", "/api/v1/reports/batch", "/api/v1/datasets"
SALES: dict[str, Any] = {
    "reportType": "sales",
    "data": {"period": "2025-Q4", "revenue": 1250000},
    "reuse": True,
}


async def done(client: httpx.AsyncClient, leases: Leases, body: dict[str, Any]) -> str:
    """The id of a job made from that body, completed."""
    answer = await client.post(GENERATE, json=body)
    assert answer.status_code == 202, answer.text
    (job,) = (await leases.claim(1)).jobs
    await leases.complete(job, RESULT)
    assert job.id == answer.json()["data"]["jobId"]
    return job.id


async def test_a_finished_report_is_the_answer_to_the_same_request(
    client: httpx.AsyncClient, leases: Leases
) -> None:
    job_id = await done(client, leases, SALES)
    answer = await client.post(GENERATE, json=SALES)
    assert answer.status_code == 200
    assert answer.json() == {
        "success": True,
        "message": "Finished report reused",
        "data": {
            "jobId": job_id,
            "state": "completed",
            "statusUrl": f"/api/v1/reports/{job_id}",
            "downloadUrl": f"http://localhost:5003/api/jobs/{job_id}/download",
        },
    }
    assert answer.headers["location"] == f"/api/v1/reports/{job_id}"


@pytest.mark.parametrize(
    "options", [{"priority": 0}, {"timeoutSeconds": 9}, {"maxAttempts": 1}, {"delayMs": 9}]
)
async def test_how_a_job_is_run_does_not_count(
    options: dict[str, Any], client: httpx.AsyncClient, leases: Leases
) -> None:
    job_id = await done(client, leases, SALES)
    answer = await client.post(GENERATE, json={**SALES, **options})
    assert (answer.status_code, answer.json()["data"]["jobId"]) == (200, job_id)


@pytest.mark.parametrize(
    "changes",
    [
        {"title": "Another"},
        {"tenant": "another"},
        {"reportType": "test"},
        {"data": {"period": "2025-Q4", "revenue": 1250001}},
        {"reuse": False},
    ],
)
async def test_another_report_or_another_tenants_is_made(
    changes: dict[str, Any], client: httpx.AsyncClient, leases: Leases
) -> None:
    await done(client, leases, SALES)
    answer = await client.post(GENERATE, json={**SALES, **changes})
    assert (answer.status_code, answer.json()["message"]) == (202, "Report job created")


async def test_a_job_that_was_not_submitted_with_reuse_is_not_reused(
    client: httpx.AsyncClient, leases: Leases
) -> None:
    await done(client, leases, {**SALES, "reuse": False})
    assert (await client.post(GENERATE, json=SALES)).status_code == 202


async def test_a_report_that_still_waits_is_made_once_more(client: httpx.AsyncClient) -> None:
    first, second = [await client.post(GENERATE, json=SALES) for _ in range(2)]
    assert (first.status_code, second.status_code) == (202, 202)
    assert first.json()["data"]["jobId"] != second.json()["data"]["jobId"]


async def test_a_removed_report_is_made_again(
    client: httpx.AsyncClient, leases: Leases, commands: QueueCommands
) -> None:
    await commands.remove(await done(client, leases, SALES))
    assert (await client.post(GENERATE, json=SALES)).status_code == 202


async def test_a_repeat_by_key_says_the_same_as_ever(client: httpx.AsyncClient, leases: Leases) -> None:
    job_id = await done(client, leases, SALES)
    headers = {"Idempotency-Key": "k"}
    messages = []
    for _ in range(2):
        answer = await client.post(GENERATE, json=SALES, headers=headers)
        assert (answer.status_code, answer.json()["data"]["jobId"]) == (200, job_id)
        messages.append(answer.json()["message"])
    assert messages == ["Finished report reused", "Report job exists already"]


async def test_a_report_on_a_dataset_is_reused_with_the_same_dataset_only(
    client: httpx.AsyncClient, leases: Leases
) -> None:
    names = []
    for csv in (b"a,b\n1,2\n", b"a,b\n1,3\n"):
        upload = await client.post(DATASETS, content=csv, headers={"content-type": "text/csv"})
        names.append(upload.json()["datasetId"])
    bodies = [{"reportType": "table", "data": {"dataset": name}, "reuse": True} for name in names]
    job_id = await done(client, leases, bodies[0])
    same, other = [await client.post(GENERATE, json=body) for body in bodies]
    assert (same.status_code, same.json()["data"]["jobId"]) == (200, job_id)
    assert other.status_code == 202


async def test_a_password_is_in_no_key_and_no_field_that_reuse_adds(
    client: httpx.AsyncClient, leases: Leases, redis: ArqRedis
) -> None:
    secret = "correct-horse-battery"
    output = {"encryption": {"ownerPassword": secret}}
    job_id = await done(client, leases, {**SALES, "data": {**SALES["data"], "output": output}})
    (key,) = [key.decode() async for key in redis.scan_iter(keys.reuse("*"))]
    field = await redis.hget(keys.job(job_id), "reuse")
    assert field is not None
    assert key == keys.reuse(field.decode().split()[0])
    assert secret not in key + field.decode()


async def test_a_batch_reuses_what_is_done_and_makes_the_rest(
    client: httpx.AsyncClient, leases: Leases
) -> None:
    job_id = await done(client, leases, SALES)
    answer = await client.post(BATCH, json={"reports": [SALES, {**SALES, "title": "New"}, SALES]})
    assert (answer.status_code, answer.json()["message"]) == (
        202,
        "1 report jobs created, 2 finished reports reused",
    )
    jobs = answer.json()["data"]
    assert [job["state"] for job in jobs] == ["completed", "waiting", "completed"]
    assert [job["jobId"] == job_id for job in jobs] == [True, False, True]


async def test_a_batch_that_is_done_already_is_a_200(client: httpx.AsyncClient, leases: Leases) -> None:
    job_id = await done(client, leases, SALES)
    answer = await client.post(BATCH, json={"reports": [SALES]})
    assert (answer.status_code, answer.json()["message"]) == (200, "1 finished reports reused")
    assert answer.json()["data"][0]["jobId"] == job_id


async def test_the_api_description_has_the_option(client: httpx.AsyncClient) -> None:
    paths = (await client.get("/openapi.json")).json()["paths"]
    body = paths[GENERATE]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert (body["properties"]["reuse"]["type"], body["properties"]["reuse"]["default"]) == ("boolean", False)
