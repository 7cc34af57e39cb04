"""The producer on a real queue: what is taken in, what is refused; a refusal leaves nothing behind."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from arq.connections import ArqRedis

from shared.job import JobState
from shared.queue.reads import QueueReads
from shared.settings import Settings
from tests.integration.producer.in_process import client_of

GENERATE = "/api/v1/reports/generate"
SALES: dict[str, Any] = {"reportType": "sales", "data": {"period": "2025-Q4", "revenue": 1250000}}


async def number_of_keys(redis: ArqRedis) -> int:
    return int(await redis.dbsize())


def paths(answer: httpx.Response) -> list[str]:
    """The fields that a 422 names."""
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert {"type", "title", "status", "detail"} <= body.keys()
    return [error["path"] for error in body.get("errors", [])]


async def test_a_report_is_taken_in_with_the_inherited_answer(
    client: httpx.AsyncClient, reads: QueueReads
) -> None:
    answer = await client.post(GENERATE, json=SALES)
    assert answer.status_code == 202
    body = answer.json()
    job_id = body["data"]["jobId"]
    assert body == {
        "success": True,
        "message": "Report job created",
        "data": {
            "jobId": job_id,
            "state": "waiting",
            "statusUrl": f"/api/v1/reports/{job_id}",
            "downloadUrl": f"http://localhost:5003/api/jobs/{job_id}/download",
        },
    }
    assert answer.headers["location"] == f"/api/v1/reports/{job_id}"
    job = await reads.job(job_id)
    assert job is not None
    assert job.state is JobState.WAITING
    document = (await client.get(answer.headers["location"])).json()
    assert document["jobData"] == SALES
    assert document["requestId"] == answer.headers["x-request-id"]


async def test_the_options_of_a_job_reach_its_record(client: httpx.AsyncClient, reads: QueueReads) -> None:
    options = {
        "title": "T",
        "priority": 0,
        "delayMs": 60000,
        "maxAttempts": 7,
        "timeoutSeconds": 9,
        "tenant": "t1",
    }
    answer = await client.post(GENERATE, json={**SALES, **options})
    job = await reads.job(answer.json()["data"]["jobId"])
    assert job is not None
    assert (job.title, job.priority, job.max_attempts, job.timeout_seconds, job.tenant) == (
        "T",
        0,
        7,
        9,
        "t1",
    )
    assert job.state is JobState.DELAYED
    assert job.available_at_ms - job.created_at_ms == pytest.approx(60000, abs=2)


BAD_BODIES: list[tuple[dict[str, Any], str]] = [
    ({"reportType": "poem", "data": {}}, "reportType"),
    ({"data": {}}, "reportType"),
    ({"reportType": "sales"}, "data"),
    ({"reportType": "sales", "data": []}, "data"),
    ({"reportType": "sales", "data": {"period": "Q1", "revenue": "much"}}, "data.revenue"),
    ({"reportType": "table", "data": {"rows": [{"a": 1}, 7]}}, "data.rows.1"),
    ({**SALES, "title": ""}, "title"),
    ({**SALES, "title": "a\u0000b"}, "title"),
    ({**SALES, "title": 7}, "title"),
    ({**SALES, "title": "  "}, "title"),
    ({**SALES, "priority": 10}, "priority"),
    ({**SALES, "priority": "5"}, "priority"),
    ({**SALES, "priority": True}, "priority"),
    ({**SALES, "delayMs": -1}, "delayMs"),
    ({**SALES, "runAt": "tomorrow"}, "runAt"),
    ({**SALES, "runAt": "2026-01-01T00:00:00"}, "runAt"),
    ({**SALES, "runAt": 1767225600}, "runAt"),
    ({**SALES, "runAt": "1767225600"}, "runAt"),
    ({**SALES, "runAt": "9999-12-31T23:59:59Z"}, "runAt"),
    ({**SALES, "runAt": "9999-12-31T23:59:59-12:00"}, "runAt"),
    ({**SALES, "runAt": "2026-02-30T00:00:00Z"}, "runAt"),
    ({**SALES, "delayMs": 1, "runAt": "2026-01-01T00:00:00Z"}, "body"),
    ({**SALES, "maxAttempts": 0}, "maxAttempts"),
    ({**SALES, "timeoutSeconds": 0}, "timeoutSeconds"),
    ({**SALES, "timeoutSeconds": "9"}, "timeoutSeconds"),
    ({**SALES, "timeoutSeconds": True}, "timeoutSeconds"),
    ({**SALES, "max_attempts": 2}, "max_attempts"),
    ({**SALES, "tenant": "t" * 65}, "tenant"),
    ({**SALES, "colour": "red"}, "colour"),
    ({"reportType": "sales", "data": {"period": "Q\u0007", "revenue": 1}}, "data.period"),
]


@pytest.mark.parametrize(("body", "path"), BAD_BODIES)
async def test_a_wrong_field_is_named_and_nothing_is_enqueued(
    client: httpx.AsyncClient, redis: ArqRedis, body: dict[str, Any], path: str
) -> None:
    answer = await client.post(
        GENERATE, content=json.dumps(body), headers={"Content-Type": "application/json"}
    )
    assert answer.status_code == 422
    assert path in paths(answer)
    assert await number_of_keys(redis) == 0


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"", 422),
        (b"hello", 422),
        (b'{"reportType": "sales", "data": {"period": "Q1", "revenue": NaN}}', 422),
        (b'{"reportType": "sales", "data": {"period": "Q1", "revenue": 1e999}}', 422),
        (b'{"reportType": "sales", "data": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", 422),
        (b'{"reportType": "sales", "data": ' + b'{"a":' * 5_000 + b"1" + b"}" * 5_001, 422),
        (b'{"reportType": "sales", "data": "\xff\xfe"}', 422),
        (b"[]", 422),
        (b"null", 422),
        (b'{"reportType": "sales", "data": {"x": "' + b"y" * 6_291_456 + b'"}}', 413),
    ],
)
async def test_a_body_that_is_no_report_is_refused_and_nothing_is_enqueued(
    client: httpx.AsyncClient, redis: ArqRedis, content: bytes, status: int
) -> None:
    answer = await client.post(GENERATE, content=content, headers={"Content-Type": "application/json"})
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert await number_of_keys(redis) == 0


async def test_the_answer_to_very_many_wrong_fields_is_short(client: httpx.AsyncClient) -> None:
    wrong = {f"option {number}": 1 for number in range(50_000)}
    for body in ({**SALES, **wrong}, {**SALES, "x" * 500_000: 1}):
        answer = await client.post(GENERATE, json=body)
        assert answer.status_code == 422
        assert len(answer.content) < 20_000


async def test_a_body_that_says_it_is_no_json_is_a_415(client: httpx.AsyncClient) -> None:
    answer = await client.post(GENERATE, content=b"a=1", headers={"Content-Type": "text/plain"})
    assert answer.status_code == 415


@pytest.mark.parametrize("job_id", ["unknown", "..%2f..%2fetc%2fpasswd", "%00", "a%20b", "x" * 5000])
async def test_an_unknown_job_is_a_404_and_a_strange_id_no_500(
    client: httpx.AsyncClient, job_id: str
) -> None:
    answer = await client.get(f"/api/v1/reports/{job_id}")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


async def test_the_same_key_and_body_give_the_same_job(client: httpx.AsyncClient) -> None:
    headers = {"Idempotency-Key": "order-17"}
    first = await client.post(GENERATE, json=SALES, headers=headers)
    again = await client.post(GENERATE, json=SALES, headers=headers)
    assert (first.status_code, again.status_code) == (202, 200)
    assert first.json()["data"]["jobId"] == again.json()["data"]["jobId"]
    other = await client.post(GENERATE, json={**SALES, "priority": 1}, headers=headers)
    assert other.status_code == 409


async def test_keys_of_two_tenants_are_two_however_they_are_written(client: httpx.AsyncClient) -> None:
    made = set()
    for tenant, key in (("a", "b:c"), ("a:b", "c"), ("a%3Ab", "c"), ("", "a:b:c")):
        body = {**SALES, **({"tenant": tenant} if tenant else {})}
        answer = await client.post(GENERATE, json=body, headers={"Idempotency-Key": key})
        assert answer.status_code == 202, answer.text
        made.add(answer.json()["data"]["jobId"])
    assert len(made) == 4


async def test_every_described_type_takes_its_own_example(client: httpx.AsyncClient) -> None:
    types = (await client.get("/api/v1/reports/types")).json()["types"]
    assert {"sales", "inventory", "performance", "test", "table", "invoice"} <= {
        kind["name"] for kind in types
    }
    for kind in types:
        assert kind["schema"]["type"] == "object"
        answer = await client.post(GENERATE, json={"reportType": kind["name"], "data": kind["example"]})
        assert answer.status_code == 202, answer.text


async def test_without_redis_a_report_is_a_503_that_says_when_to_come_back(settings: Settings) -> None:
    away = settings.model_copy(update={"redis_url": "redis://127.0.0.1:1/0"})
    async with client_of(away) as http:
        answer = await http.post(GENERATE, json=SALES)
        assert answer.status_code == 503
        assert int(answer.headers["retry-after"]) > 0
        health = await http.get("/health")
        assert (health.status_code, health.json()["redis"]) == (503, "disconnected")


async def test_a_report_is_cancelled_once_and_only_while_unfinished(
    client: httpx.AsyncClient, reads: QueueReads
) -> None:
    job_id = (await client.post(GENERATE, json=SALES)).json()["data"]["jobId"]
    answer = await client.post(f"/api/v1/reports/{job_id}/cancel")
    assert answer.status_code == 200
    assert answer.json() == {
        "success": True,
        "message": "Report job cancelled",
        "data": {"jobId": job_id, "state": "cancelled", "previousState": "waiting"},
    }
    job = await reads.job(job_id)
    assert job is not None
    assert job.state is JobState.CANCELLED
    again = await client.post(f"/api/v1/reports/{job_id}/cancel")
    assert again.status_code == 409
    assert again.json()["type"] == "urn:pressroom:problem:illegal-transition"


async def test_who_cancelled_is_in_the_timeline(settings: Settings, reads: QueueReads) -> None:
    for keys, name in (("", "client"), ("bob:operator:k-work", "bob")):
        guarded = settings.model_copy(update={"api_keys": keys})
        async with client_of(guarded, **{"X-API-Key": "k-work"}) as http:
            job_id = (await http.post(GENERATE, json=SALES)).json()["data"]["jobId"]
            assert (await http.post(f"/api/v1/reports/{job_id}/cancel")).status_code == 200
        document = await reads.document(job_id)
        assert document is not None
        assert name in str(document["timeline"][-1])


@pytest.mark.parametrize("job_id", ["nobody", "%20", "a%2Fb"])
async def test_cancelling_an_unknown_report_is_a_404(client: httpx.AsyncClient, job_id: str) -> None:
    assert (await client.post(f"/api/v1/reports/{job_id}/cancel")).status_code == 404
