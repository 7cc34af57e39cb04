"""The option `webhook` over HTTP: what is refused, and that its secret is never shown."""

from __future__ import annotations

import base64
import json
from typing import Any

import httpx
import pytest
from arq.connections import ArqRedis

from dashboard.app import make_app as make_dashboard
from shared.queue import keys
from shared.settings import Settings

SECRET = "whsec_" + base64.b64encode(b"k" * 32).decode()
URL = "https://hooks.example.com/in"
GENERATE, BATCH = "/api/v1/reports/generate", "/api/v1/reports/batch"


def report(**webhook: Any) -> dict[str, Any]:
    return {"reportType": "test", "data": {"period": "Q1", "revenue": 1}, "webhook": webhook}


@pytest.mark.parametrize(
    ("webhook", "path"),
    [
        ({"url": URL}, "webhook.secret"),
        ({"secret": SECRET}, "webhook.url"),
        ({"url": "ftp://x/", "secret": SECRET}, "webhook.url"),
        ({"url": "http://169.254.169.254/latest", "secret": SECRET}, "webhook.url"),
        ({"url": "http://[::ffff:127.0.0.1]/", "secret": SECRET}, "webhook.url"),
        ({"url": URL, "secret": "hunter2hunter2"}, "webhook.secret"),
        ({"url": URL, "secret": SECRET, "headers": {}}, "webhook.headers"),
        ({"url": "https://x/" + "a" * 2000, "secret": SECRET}, "webhook.url"),
    ],
)
async def test_a_webhook_that_can_not_be_used_is_refused_by_its_field(
    client: httpx.AsyncClient, redis: ArqRedis, webhook: dict[str, Any], path: str
) -> None:
    answer = await client.post(GENERATE, json=report(**webhook))
    assert answer.status_code == 422
    assert [error["path"] for error in answer.json()["errors"]] == [path]
    assert "hunter2" not in answer.text
    assert SECRET not in answer.text
    assert await redis.dbsize() == 0


async def test_a_batch_names_the_report_whose_webhook_is_wrong(client: httpx.AsyncClient) -> None:
    reports = [report(url=URL, secret=SECRET), report(url="http://10.0.0.1/", secret=SECRET)]
    answer = await client.post(BATCH, json={"reports": reports})
    assert [error["path"] for error in answer.json()["errors"]] == ["reports.1.webhook.url"]


async def test_no_api_shows_the_secret(
    client: httpx.AsyncClient, settings: Settings, redis: ArqRedis
) -> None:
    answer = await client.post(GENERATE, json=report(url=URL, secret=SECRET))
    assert answer.status_code == 202
    job_id = answer.json()["data"]["jobId"]
    assert json.loads(await redis.hget(keys.job(job_id), "webhook")) == {"url": URL, "secret": SECRET}
    shown = [answer, await client.get(f"/api/v1/reports/{job_id}")]
    app = make_dashboard(settings)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost") as dashboard,
    ):
        shown += [
            await dashboard.get(path) for path in (f"/api/jobs/{job_id}", "/api/jobs", "/api/jobs?q=whsec")
        ]
    assert all(one.is_success for one in shown)
    assert SECRET not in "".join(one.text for one in shown)
    assert SECRET.encode() not in b"".join(
        [await redis.get(keys.payload(job_id)), await redis.get(keys.text(1))]
    )
