"""What somebody did to one job's keys by hand makes no page, list or action an internal error."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import httpx
import pytest
from arq.connections import ArqRedis

from shared.job import JobState
from shared.queue import keys
from shared.settings import Settings
from tests.factories import JobFactory
from tests.integration.producer.in_process import client_of

Damage = Callable[[ArqRedis, str], Awaitable[object]]


def another_kind(key_of: Callable[[str], str]) -> Damage:
    async def damage(redis: ArqRedis, job_id: str) -> None:
        await redis.delete(key_of(job_id))
        await redis.sadd(key_of(job_id), "x")

    return damage


def field(name: str, value: str) -> Damage:
    return lambda redis, job_id: redis.hset(keys.job(job_id), name, value)


DAMAGES: dict[str, Damage] = {
    "record": another_kind(keys.job),
    "timeline": another_kind(keys.log),
    "payload": another_kind(keys.payload),
    "a line of the timeline": lambda redis, job_id: redis.rpush(keys.log(job_id), "junk"),
    "a short line of the timeline": lambda redis, job_id: redis.rpush(keys.log(job_id), '["x",1]'),
    "no result": field("result", "5"),
    "an empty result": field("result", "{}"),
    "a wrong result": field("result", '{"fileName":"x","sha256":5,"fileSize":"a","pages":[]}'),
    "state": field("state", "x"),
    "fence": field("fence", "x"),
}
PATHS = (
    *("/api/jobs", "/api/jobs?state={state}", "/api/jobs?reportType=test", "/api/jobs?q=needle"),
    *("/api/jobs?workerId=w1", "/api/jobs?state={state}&sort=createdAt", "/api/jobs/completed"),
    *("/api/jobs/failed", "/api/stats", "/api/jobs/{id}", "/api/jobs/{id}/download"),
)
ACTIONS = (("POST", "/api/jobs/{id}/retry"), ("POST", "/api/jobs/{id}/cancel"), ("DELETE", "/api/jobs/{id}"))


@pytest.mark.parametrize("state", ["completed", "failed", "active", "waiting"])
@pytest.mark.parametrize("damage", DAMAGES)
async def test_every_page_and_action_has_an_answer(
    client: httpx.AsyncClient, settings: Settings, jobs: JobFactory, redis: ArqRedis, state: str, damage: str
) -> None:
    bad, good = [await jobs.in_state(JobState(state), title="needle") for _ in range(2)]
    await DAMAGES[damage](redis, bad)
    requests = [*(("GET", path) for path in PATHS), *ACTIONS]
    origin = {"Origin": "http://dashboard.test"}
    for method, path in requests:
        answer = await client.request(method, path.format(state=state, id=bad), headers=origin)
        assert answer.status_code < 500, path
        if path.startswith("/api/jobs?") and not (state == "waiting" and "workerId" in path):
            assert good in [job["id"] for job in answer.json()["jobs"]], path
    async with client_of(settings) as producer:
        for method, path in (("GET", ""), ("POST", "/cancel")):
            answer = await producer.request(method, f"/api/v1/reports/{bad}{path}")
            assert answer.status_code < 500, path
