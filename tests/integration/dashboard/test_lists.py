"""The list of jobs on a real queue: filters, orders, pages and text search."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import AsyncIterator, Awaitable
from typing import Any

import httpx
import pytest
from arq.connections import ArqRedis

from dashboard.app import make_app
from shared.job import JobState
from shared.queue import keys
from shared.queue.commands import QueueCommands
from shared.queue.leases import Leases
from shared.queue.reads import search
from shared.redact import Redactor
from shared.settings import Settings
from tests.factories import ERROR, JobFactory, spec


async def pages(client: httpx.AsyncClient, **params: Any) -> list[list[str]]:
    """The ids of every page of a list."""
    found: list[list[str]] = []
    cursor: str | None = ""
    while cursor is not None:
        body = (await client.get("/api/jobs", params=params | ({"cursor": cursor} if cursor else {}))).json()
        found.append([job["id"] for job in body["jobs"]])
        cursor = body["nextCursor"]
    return found


async def flat(client: httpx.AsyncClient, **params: Any) -> list[str]:
    return [job_id for page in await pages(client, limit=3, **params) for job_id in page]


async def test_a_type_and_a_tenant_are_listed_over_all_states_by_creation(
    client: httpx.AsyncClient, jobs: JobFactory
) -> None:
    states = [*reversed(JobState)]
    made = [await jobs.in_state(state, tenant="north", report_type="sales") for state in states]
    await jobs.delayed(tenant="south", report_type="table")
    await jobs.waiting(tenant="south", report_type="table", priority=9)
    for params in ({"tenant": "north"}, {"reportType": "sales"}, {"tenant": "north", "reportType": "sales"}):
        assert await flat(client, **params) == made[::-1]
        assert await flat(client, sort="createdAt", **params) == made
        assert (await client.get("/api/jobs", params={"limit": 1, **params})).json()["total"] == len(made)
    for state, job_id in zip(states, made, strict=True):
        assert await flat(client, tenant="north", state=state) == [job_id]
    assert await flat(client, tenant="nobody") == []
    assert await flat(client, tenant="south", reportType="sales") == []


async def alone_in_its_millisecond(made: Awaitable[str], redis: ArqRedis) -> str:
    """Makes a job; no other finishes at the same time as the lists know it."""
    job_id = await made
    seconds, micros = await redis.time()
    while await redis.time() < (seconds, micros // 1000 * 1000 + 1000):
        pass
    return job_id


async def test_finished_jobs_are_listed_by_their_finish(
    client: httpx.AsyncClient, jobs: JobFactory, redis: ArqRedis
) -> None:
    done = [await alone_in_its_millisecond(jobs.completed(), redis) for _ in range(4)]
    bad = [await alone_in_its_millisecond(jobs.failed(), redis) for _ in range(4)]
    assert await flat(client, state="completed") == done[::-1]
    assert await flat(client, state="completed", sort="-createdAt") == done[::-1]
    assert await flat(client, sort="finishedAt") == done + bad
    assert await flat(client, sort="-finishedAt", reportType="test") == (done + bad)[::-1]
    assert (await client.get("/api/jobs?state=waiting&sort=finishedAt")).status_code == 422


async def test_a_page_goes_on_at_its_place_when_jobs_come_and_go(
    client: httpx.AsyncClient, jobs: JobFactory, commands: QueueCommands, redis: ArqRedis
) -> None:
    made = [await jobs.cancelled() for _ in range(9)]
    await redis.zadd(keys.index("cancelled"), dict.fromkeys(made, 5))  # all in the same millisecond
    made.sort()
    first = (await client.get("/api/jobs?state=cancelled&limit=4")).json()
    assert [job["id"] for job in first["jobs"]] == made[:4:-1]
    await commands.remove(made[5])  # the job that the cursor stands at
    await jobs.cancelled()
    second = (await client.get(f"/api/jobs?state=cancelled&limit=4&cursor={first['nextCursor']}")).json()
    assert [job["id"] for job in second["jobs"]] == made[4:0:-1]


async def test_times_bound_the_list(client: httpx.AsyncClient, jobs: JobFactory) -> None:
    made = [await jobs.waiting() for _ in range(3)]
    document = (await client.get(f"/api/jobs/{made[1]}")).json()
    moment = document["createdAt"]
    assert made[1] in await flat(client, **{"from": moment})
    assert made[1] in await flat(client, to=moment)
    assert await flat(client, **{"from": "2099-01-01T00:00:00Z"}) == []
    assert await flat(client, to="2000-01-01T00:00:00Z") == []


async def test_a_worker_and_a_state_are_checked_on_the_records(
    client: httpx.AsyncClient, jobs: JobFactory
) -> None:
    done, active = await jobs.completed(), await jobs.active()
    await jobs.waiting()
    assert await flat(client, workerId="w1") == [active, done]
    assert await flat(client, workerId="w1", state="completed") == [done]
    assert await flat(client, workerId="w2") == []


async def test_a_list_that_looks_at_many_entries_comes_in_part(
    client: httpx.AsyncClient, jobs: JobFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.queue.reads.listing.MAX_LOOKED_AT", 4)
    wanted = await jobs.completed()
    for _ in range(10):
        await jobs.cancelled()
    found = await pages(client, workerId="w1")
    assert found == [[], [], [wanted]]
    body = (await client.get("/api/jobs?workerId=w1")).json()
    assert (body["total"], body["totalIsExact"]) == (0, False)


async def test_text_is_found_in_id_title_data_and_error(
    client: httpx.AsyncClient, jobs: JobFactory, leases: Leases
) -> None:
    by_title = await jobs.waiting(title="Straße nach NORDEN")
    await jobs.waiting(title="Something else")
    by_data = await jobs.delayed(data={"rows": [{"customer": "Müller & Söhne"}]}, report_type="table")
    assert await flat(client, q="strasse") == [by_title]
    assert await flat(client, q="norden") == [by_title]
    assert await flat(client, q="MÜLLER & s") == [by_data]
    assert await flat(client, q=by_title[:20].upper()) == [by_title]
    assert await flat(client, q="müller", state="waiting") == []
    assert await flat(client, q="müller", reportType="table", state="delayed") == [by_data]
    assert await flat(client, q="nowhere") == []
    assert await flat(client, q="müller", to="2000-01-01T00:00:00Z") == []


async def test_a_failed_job_is_found_by_its_reason(client: httpx.AsyncClient, jobs: JobFactory) -> None:
    bad = await jobs.failed(title="Late")
    assert await flat(client, q="ROWS: IS") == [bad]
    assert await flat(client, q=bad) == [bad]
    assert ERROR["message"] == "data.rows: is missing"


async def test_secrets_are_neither_found_nor_shown(
    client: httpx.AsyncClient, redis: ArqRedis, settings: Settings
) -> None:
    commands = QueueCommands(redis, Redactor(settings.redacted))
    data = {"rows": [{"name": "Anna", "apiToken": "hunter2"}]}
    job_id = (await commands.submit(spec(report_type="table", data=data))).job_id
    assert await flat(client, q="anna") == [job_id]
    assert await flat(client, q="hunter2") == []
    document = (await client.get(f"/api/jobs/{job_id}")).json()
    assert document["jobData"]["data"] == {"rows": [{"name": "Anna", "apiToken": "[hidden]"}]}
    assert b"sample" not in await redis.hgetall(keys.job(job_id))


async def test_a_search_goes_through_full_chunks_and_deflates_them(
    client: httpx.AsyncClient, jobs: JobFactory, redis: ArqRedis
) -> None:
    made = [await jobs.delayed(title=f"Number {at}") for at in range(5)]
    await redis.hset("report:text:head", "lines", "2000")
    made += [await jobs.delayed(title=f"Number {at}") for at in range(5)]
    assert await flat(client, q="number") == made[::-1]
    assert await redis.exists(keys.text(1)) == 0
    sealed = search.parse(zlib.decompress(await redis.get(keys.deflated_text(1))))
    assert [line.job_id for line in sealed.find(b"number")] == made[4::-1]
    assert await redis.exists(keys.text(2)) == 1


async def test_old_text_goes_when_its_jobs_have_gone(
    client: httpx.AsyncClient, jobs: JobFactory, commands: QueueCommands, redis: ArqRedis
) -> None:
    old = await jobs.cancelled(title="old")
    for _ in range(3):
        await redis.hset("report:text:head", "lines", "2000")
        await jobs.cancelled(title="newer")
    assert await redis.zcard(keys.TEXT) == 4
    await commands.remove(old)
    assert await flat(client, q="old") == []
    await redis.hset("report:text:head", "lines", "2000")
    await jobs.waiting()
    assert await redis.zcard(keys.TEXT) == 4
    assert await redis.exists(keys.text(1), keys.deflated_text(1)) == 0


async def test_bulk_retries_every_failed_job_of_a_tenant_and_no_other(
    client: httpx.AsyncClient, jobs: JobFactory
) -> None:
    mine = [await jobs.failed(tenant="north") for _ in range(12)]
    others = await jobs.failed(tenant="south")
    body: dict[str, Any] = {"action": "retry", "filter": {"tenant": "north", "state": "failed"}}
    preview = (await client.post("/api/jobs/bulk", json=body | {"dryRun": True})).json()
    assert (preview["matched"], preview["done"]) == (12, 12)
    answer = (await client.post("/api/jobs/bulk", json=body)).json()
    assert (answer["done"], answer["skipped"], answer["nextCursor"]) == (12, {}, None)
    assert set(await flat(client, state="waiting")) == set(mine)
    assert await flat(client, state="failed") == [others]
    timeline = (await client.get(f"/api/jobs/{mine[0]}")).json()["timeline"]
    assert (timeline[-1]["event"], timeline[-1]["detail"]) == ("retried", "dashboard")


async def test_removed_jobs_leave_no_index_entry(
    client: httpx.AsyncClient, jobs: JobFactory, redis: ArqRedis
) -> None:
    for state in JobState:
        if state not in (JobState.ACTIVE, JobState.WAITING):
            await jobs.in_state(state, tenant="north")
    await jobs.waiting(tenant="north")
    answer = (
        await client.post("/api/jobs/bulk", json={"action": "remove", "filter": {"tenant": "north"}})
    ).json()
    assert answer["done"] == 5
    left = [key.decode() for key in await redis.keys("report:by:*")] + [
        key.decode() for key in await redis.keys("report:index:*")
    ]
    assert left == []
    assert (await client.get("/api/stats")).json()["storage"]["reportBytes"] == 0


async def test_history_counts_what_happened(client: httpx.AsyncClient, jobs: JobFactory) -> None:
    for state in (JobState.COMPLETED, JobState.COMPLETED, JobState.FAILED, JobState.CANCELLED):
        await jobs.in_state(state)
    for step in ("minute", "hour", "day"):
        history = (await client.get(f"/api/stats?history={step}")).json()["history"]
        assert history["step"] == step
        total = {
            name: sum(bucket[name] for bucket in history["buckets"])
            for name in ("submitted", "completed", "failed", "cancelled", "pages", "fileBytes")
        }
        assert total == {
            "submitted": 4,
            "completed": 2,
            "failed": 1,
            "cancelled": 1,
            "pages": 2,
            "fileBytes": 2468,
        }
        assert all(bucket["p95TotalMs"] is not None for bucket in history["buckets"] if bucket["completed"])
    assert (await client.get("/api/stats")).json()["history"] is None


async def test_a_minute_that_is_over_is_counted_once_into_its_hour_and_its_day(
    client: httpx.AsyncClient, jobs: JobFactory, redis: ArqRedis
) -> None:
    for hours in (5, 3):
        await jobs.completed()
        await _hours_pass(redis, hours)
    await jobs.completed()
    assert await _completed(client) == {"minute": 1, "hour": 3, "day": 3}


async def test_an_open_minute_counts_in_its_hour_though_nothing_comes_after_it(
    client: httpx.AsyncClient, jobs: JobFactory, redis: ArqRedis
) -> None:
    await jobs.completed()
    await _hours_pass(redis, 5)
    assert await _completed(client) == {"minute": 0, "hour": 1, "day": 1}
    await jobs.completed()
    assert await _completed(client) == {"minute": 1, "hour": 2, "day": 2}


async def test_history_expires_by_itself(
    client: httpx.AsyncClient, jobs: JobFactory, redis: ArqRedis
) -> None:
    await jobs.completed()
    await _hours_pass(redis, 3)
    await jobs.completed()
    now_open = int(await redis.get(keys.HISTORY_OPEN) or 0)
    kept = {keys.HISTORY_OPEN, keys.history("minute", now_open)}
    found = {key.decode() for key in await redis.keys("report:history:*")} - kept
    assert len(found) == 3
    assert all([await redis.ttl(key) > 86_400 for key in found])


async def _hours_pass(redis: ArqRedis, hours: int) -> None:
    """Makes what has happened in the open minute older."""
    minute = int(await redis.get(keys.HISTORY_OPEN) or 0)
    older = minute - hours * 3_600_000
    await redis.rename(keys.history("minute", minute), keys.history("minute", older))
    await redis.set(keys.HISTORY_OPEN, older)


async def _completed(client: httpx.AsyncClient) -> dict[str, int]:
    found = {}
    for step in ("minute", "hour", "day"):
        buckets = (await client.get(f"/api/stats?history={step}")).json()["history"]["buckets"]
        found[step] = sum(bucket["completed"] for bucket in buckets)
    return found


async def test_a_paused_worker_gets_no_job_and_another_one_does(
    client: httpx.AsyncClient, jobs: JobFactory, leases: Leases, redis: ArqRedis
) -> None:
    await leases.heartbeat([], {"pid": "7", "host": "h", "port": "1", "uptime": "1", "concurrency": "2"})
    assert (await client.post("/api/workers/w1/pause")).json()["changed"] is True
    assert (await client.get("/api/workers")).json()["workers"][0]["paused"] is True
    job_id = await jobs.waiting()
    await redis.delete(keys.WAKE)
    assert (await leases.claim(1)).jobs == ()
    assert await redis.llen(keys.WAKE) == 1  # the token goes on to another worker
    assert (await leases.claim(1)).jobs == ()
    assert await redis.llen(keys.WAKE) == 1
    other = Leases(redis, "w2", 10_000, poison_limit=2)
    assert [job.id for job in (await other.claim(1)).jobs] == [job_id]
    assert (await client.post("/api/workers/w1/resume")).json()["paused"] is False
    again = await jobs.waiting()
    assert [job.id for job in (await leases.claim(1)).jobs] == [again]


async def test_live_changes_come_and_resume(
    client: httpx.AsyncClient, jobs: JobFactory, settings: Settings
) -> None:
    app = make_app(settings)
    hub = app.state.services.hub
    async with app.router.lifespan_context(app):
        following: AsyncIterator[bytes] = hub.follow(None)
        assert b"event: hello" in await anext(following)
        job_id = await jobs.waiting()
        message = (await asyncio.wait_for(anext(following), 10)).decode()
        assert job_id in message
        assert '"waiting":1' in message
        event_id = message.split("id: ")[1].split("\n")[0]
        again = await jobs.waiting()
        missed = (await anext(hub.follow(event_id))).decode()
        assert again in missed
        assert job_id not in missed
