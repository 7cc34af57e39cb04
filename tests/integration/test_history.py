"""The history that the dashboard's benchmark makes in bulk is that of jobs which went through the queue."""

from __future__ import annotations

import asyncio
from typing import Any

from arq.connections import ArqRedis

from benchmarks.kit.history import fill
from shared.job import JobState
from shared.queue import keys
from shared.queue.reads import JobFilter, QueueReads, Sort
from tests.factories import JobFactory

#: only a record that went through the queue has these: written by `fail.lua` for a reply that was lost
OF_A_LOST_REPLY = {b"ended"}


async def kinds(redis: ArqRedis) -> set[str]:
    """The kinds of keys there are, without what tells one job from another."""
    found = [key.decode() for key in await redis.keys("report:*")]
    return {":".join(key.split(":")[:3]) if ":by:" in key else ":".join(key.split(":")[:2]) for key in found}


async def fields_by_state(redis: ArqRedis, reads: QueueReads) -> dict[JobState, set[bytes]]:
    found = {}
    for state in (JobState.COMPLETED, JobState.FAILED, JobState.CANCELLED):
        (job_id, *_), _ = await reads.ids(JobFilter(state=state), Sort.LAST_FINISHED, None, 1)
        found[state] = set(await redis.hgetall(keys.job(job_id))) - OF_A_LOST_REPLY
    return found


async def test_records_and_keys_are_like_those_of_the_queue(
    redis: ArqRedis, redis_url: str, jobs: JobFactory, reads: QueueReads
) -> None:
    await jobs.completed(tenant="t", title="t", request_id="r")
    await jobs.failed(tenant="t", title="t", request_id="r")
    job = await jobs.claimed(tenant="t", title="t", request_id="r")
    await jobs._commands.cancel(job.id)
    real, real_kinds = await fields_by_state(redis, reads), await kinds(redis)
    await redis.flushall()
    await asyncio.to_thread(fill, redis_url, 3000, 1)
    assert await fields_by_state(redis, reads) == real
    assert await kinds(redis) ^ real_kinds <= {"report:textz", "report:inbox", "report:wake"}


async def test_counts_history_and_lists_agree(redis_url: str, reads: QueueReads) -> None:
    await asyncio.to_thread(fill, redis_url, 3000, 1)
    counts = await reads.counts()
    assert sum(counts.values()) == 3000
    found: dict[str, Any] = {}
    for q in ("müller", None):
        page = await reads.select(JobFilter(q=q), Sort.NEWEST, None, 100)
        found[str(q)] = page.jobs
    assert all("Müller" in job["title"] for job in found["müller"])
    assert [job["id"] for job in found["None"]] == sorted(
        (job["id"] for job in found["None"]),
        key=lambda job_id: next(job["timestamp"] for job in found["None"] if job["id"] == job_id),
        reverse=True,
    )
    last = found["None"][0]
    document = await reads.document(last["id"])
    assert document is not None
    assert [entry["event"] for entry in document["timeline"]] == ["submitted", "claimed", last["state"]]
