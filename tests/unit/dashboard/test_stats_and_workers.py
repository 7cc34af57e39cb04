from __future__ import annotations

import httpx

from shared.job import JobState
from shared.queue.reads import WorkerInfo
from tests.unit.dashboard.fakes import NOW_MS, FakeQueue, completed_job, failed_job, make_job


async def test_stats_have_exactly_the_inherited_fields_and_ours(
    client: httpx.AsyncClient, queue: FakeQueue
) -> None:
    queue.add(make_job(), make_job("c", JobState.CANCELLED), completed_job(), failed_job())
    queue.firing_since["no-workers"] = NOW_MS - 60_000
    queue.recovered = ([900, 100, 200], [1000])
    body = (await client.get("/api/stats")).json()
    alerts = body.pop("alerts")
    disk = {name: body["storage"].pop(name) for name in ("diskFreeBytes", "diskTotalBytes")}
    assert 0 < disk["diskFreeBytes"] <= disk["diskTotalBytes"]
    assert [alert["name"] for alert in alerts if alert["firing"]] == ["no-workers"]
    assert [alert["since"] for alert in alerts if alert["firing"]] == ["2026-09-21T14:12:20.000Z"]
    assert body == {
        "queue": "report:queue",
        "counts": {"waiting": 1, "active": 0, "completed": 1, "failed": 1, "delayed": 0},
        "totalJobs": 3,
        "timestamp": NOW_MS,
        "cancelled": 1,
        "paused": False,
        "rates": {
            "completedLastMinute": 1,
            "failedLastMinute": 1,
            "completedLastHour": 1,
            "failedLastHour": 1,
            "failureRatioLastHour": 0.5,
        },
        "oldestWaitingSeconds": 5.0,
        "storage": {"reportBytes": 4096},
        "history": None,
        "recovery": {
            "count": 3,
            "reclaimP50Ms": 200,
            "reclaimP99Ms": 900,
            "completeP50Ms": 1000,
            "completeP99Ms": 1000,
        },
    }


async def test_stats_bring_the_history_that_is_asked_for(client: httpx.AsyncClient) -> None:
    history = (await client.get("/api/stats?history=hour")).json()["history"]
    assert (history["step"], len(history["buckets"])) == ("hour", 48)
    assert (await client.get("/api/stats?history=week")).status_code == 422


async def test_firing_alerts_are_metrics_too(client: httpx.AsyncClient) -> None:
    await client.get("/api/stats")
    assert 'pressroom_alert_firing{alert="no-workers"} 1.0' in (await client.get("/metrics")).text


async def test_an_empty_queue_has_no_ratio_and_no_oldest_job(client: httpx.AsyncClient) -> None:
    body = (await client.get("/api/stats")).json()
    assert body["totalJobs"] == 0
    assert body["oldestWaitingSeconds"] is None
    assert body["rates"]["failureRatioLastHour"] is None


async def test_workers_have_the_inherited_fields_as_numbers(
    client: httpx.AsyncClient, queue: FakeQueue
) -> None:
    queue.crew = [WorkerInfo("w-1", 42, "host", 5002, 12.5, NOW_MS - 100, 2, ("job-1",), 1024)]
    body = (await client.get("/api/workers")).json()
    assert body == {
        "workers": [
            {
                "id": "w-1",
                "pid": 42,
                "uptime": 12.5,
                "timestamp": NOW_MS - 100,
                "host": "host",
                "port": 5002,
                "concurrency": 2,
                "running": ["job-1"],
                "rssBytes": 1024,
                "paused": False,
            }
        ],
        "count": 1,
        "timestamp": NOW_MS,
    }


async def test_without_redis_the_api_says_503_and_when_to_try_again(
    client: httpx.AsyncClient, queue: FakeQueue
) -> None:
    queue.down = True
    for path in ("/api/stats", "/api/workers", "/api/jobs", "/api/jobs/x", "/api/jobs/x/download"):
        response = await client.get(path)
        assert response.status_code == 503, path
        assert response.headers["content-type"] == "application/problem+json"
        assert "Retry-After" in response.headers
