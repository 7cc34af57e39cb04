"""Batches: all reports of one call are taken in, or none."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from arq.connections import ArqRedis

from shared.job import JobState
from shared.queue.commands import QueueCommands
from shared.queue.leases import Leases
from shared.queue.reads import QueueReads

BATCH = "/api/v1/reports/batch"


def sales(revenue: Any = 1, **options: Any) -> dict[str, Any]:
    return {"reportType": "sales", "data": {"period": "Q1", "revenue": revenue}, **options}


def paths(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 422, answer.text
    return [error["path"] for error in answer.json()["errors"]]


async def test_a_batch_is_taken_in_in_its_order(
    client: httpx.AsyncClient, reads: QueueReads, leases: Leases
) -> None:
    reports = [sales(number, title=f"T{number}") for number in range(1000)]
    answer = await client.post(BATCH, json={"reports": reports})
    assert answer.status_code == 202, answer.text
    jobs = answer.json()["data"]
    assert len({job["jobId"] for job in jobs}) == 1000
    assert (await reads.counts())[JobState.WAITING] == 1000
    assert [job.id for job in (await leases.claim(5)).jobs] == [job["jobId"] for job in jobs[:5]]
    document = (await client.get(jobs[999]["statusUrl"])).json()
    assert document["jobData"] == {**reports[999]}
    assert document["title"] == "T999"
    assert [entry["event"] for entry in document["timeline"]] == ["submitted"]


async def test_each_report_keeps_its_options(client: httpx.AsyncClient, reads: QueueReads) -> None:
    reports = [sales(delayMs=60_000, tenant="t"), sales(priority=9, maxAttempts=1, timeoutSeconds=5)]
    first, second = (await client.post(BATCH, json={"reports": reports})).json()["data"]
    assert (first["state"], second["state"]) == ("delayed", "waiting")
    job = await reads.job(second["jobId"])
    assert job is not None
    assert (job.priority, job.max_attempts, job.timeout_seconds) == (9, 1, 5)


async def test_one_wrong_report_refuses_all_and_is_named(client: httpx.AsyncClient, redis: ArqRedis) -> None:
    reports = [sales(), sales("x"), 5, {"reportType": "table", "data": {"rows": [1]}}, sales()]
    answer = await client.post(BATCH, json={"reports": reports})
    assert paths(answer) == ["reports.1.data.revenue", "reports.2.body", "reports.3.data.rows.0"]
    assert await redis.dbsize() == 0


async def test_a_dataset_that_is_not_there_refuses_all_and_is_named(
    client: httpx.AsyncClient, redis: ArqRedis
) -> None:
    reports = [sales(), {"reportType": "table", "data": {"dataset": "0" * 32}}]
    assert paths(await client.post(BATCH, json={"reports": reports})) == ["reports.1.data.dataset"]
    assert await redis.dbsize() == 0


@pytest.mark.parametrize("reports", [[], [sales()] * 1001, {}, "x", None])
async def test_a_batch_has_one_to_a_thousand_reports(client: httpx.AsyncClient, reports: Any) -> None:
    assert paths(await client.post(BATCH, json={"reports": reports})) == ["reports"]


async def test_a_key_makes_one_batch(client: httpx.AsyncClient, reads: QueueReads) -> None:
    body, headers = {"reports": [sales(1), sales(2)]}, {"Idempotency-Key": "k"}
    first = await client.post(BATCH, json=body, headers=headers)
    again = await client.post(BATCH, json=body, headers=headers)
    assert (first.status_code, again.status_code) == (202, 200)
    assert again.json()["data"] == first.json()["data"]
    assert (await reads.counts())[JobState.WAITING] == 2
    other = await client.post(BATCH, json={"reports": [sales(3)]}, headers=headers)
    assert other.status_code == 409
    assert (await reads.counts())[JobState.WAITING] == 2


async def test_a_batch_sent_again_says_what_was_removed_of_it(
    client: httpx.AsyncClient, commands: QueueCommands
) -> None:
    body, key = {"reports": [sales(), sales(2)]}, {"Idempotency-Key": "k"}
    jobs = (await client.post(BATCH, json=body, headers=key)).json()["data"]
    await commands.remove(jobs[0]["jobId"])
    again = await client.post(BATCH, json=body, headers=key)
    assert again.status_code == 200
    assert again.json()["data"] == [{**jobs[0], "state": "removed"}, jobs[1]]


async def test_a_key_is_its_tenants_alone(client: httpx.AsyncClient) -> None:
    headers = {"Idempotency-Key": "k"}
    batches = [[sales(tenant=tenant) for tenant in tenants] for tenants in (("a",), ("b",), ("b", "a"))]
    for expected in (202, 200):
        for reports in batches:
            answer = await client.post(BATCH, json={"reports": reports}, headers=headers)
            assert answer.status_code == expected
    other = await client.post(BATCH, json={"reports": [sales(2, tenant="b")]}, headers=headers)
    assert other.status_code == 409


async def test_a_key_of_a_batch_is_not_that_of_a_report(client: httpx.AsyncClient) -> None:
    headers = {"Idempotency-Key": "k"}
    assert (await client.post(BATCH, json={"reports": [sales()]}, headers=headers)).status_code == 202
    answer = await client.post("/api/v1/reports/generate", json=sales(), headers=headers)
    assert answer.status_code == 202


async def test_a_batch_must_be_json(client: httpx.AsyncClient) -> None:
    answer = await client.post(BATCH, content=b"x", headers={"content-type": "text/plain"})
    assert answer.status_code == 415
