"""What an attempt that ends does to its job: done, again later, again by somebody else, again by hand."""

from __future__ import annotations

import json

import pytest
from arq.connections import ArqRedis

from shared.job import JobState
from shared.queue import keys
from shared.queue.commands import QueueCommands
from shared.queue.leases import HandBack, Leases
from shared.queue.reads import QueueReads
from tests.factories import ERROR, RESULT, JobFactory


async def test_completing_again_after_a_lost_reply_is_harmless(
    jobs: JobFactory, leases: Leases, reads: QueueReads
) -> None:
    job = await jobs.claimed()
    await leases.complete(job, RESULT)
    await leases.complete(job, {**RESULT, "pages": 2})
    record = await reads.job(job.id)
    assert record is not None
    assert (record.result or {})["pages"] == 1


async def test_a_retryable_error_delays_until_attempts_are_used_up(jobs: JobFactory, leases: Leases) -> None:
    job = await jobs.claimed(max_attempts=2)
    assert await leases.fail(job, ERROR, retryable=True, delay_ms=60_000) is JobState.DELAYED
    await jobs.make_due(job.id)
    (again,) = (await leases.claim(1)).jobs
    assert await leases.fail(again, ERROR, retryable=True, delay_ms=60_000) is JobState.FAILED


async def test_a_retry_without_delay_waits_at_once(jobs: JobFactory, leases: Leases) -> None:
    job = await jobs.claimed()
    assert await leases.fail(job, ERROR, retryable=True, delay_ms=0) is JobState.WAITING


@pytest.mark.parametrize("why", HandBack)
async def test_a_hand_back_costs_no_attempt_and_says_why(
    jobs: JobFactory, leases: Leases, redis: ArqRedis, why: HandBack
) -> None:
    job = await jobs.claimed(max_attempts=1)
    assert await leases.release(job, why)
    (again,) = (await leases.claim(1)).jobs
    assert again.attempt == 1
    assert again.fence > job.fence
    timeline = [json.loads(line) for line in await redis.lrange(keys.log(job.id), 0, -1)]
    assert [(event, detail) for _, event, _, _, detail in timeline if event == "released"] == [
        ("released", why.value)
    ]


async def test_retry_by_hand_keeps_id_payload_and_timeline(
    jobs: JobFactory, commands: QueueCommands, leases: Leases
) -> None:
    job_id = await jobs.failed()
    await commands.retry(job_id, by="tester")
    (job,) = (await leases.claim(1)).jobs
    assert (job.id, job.attempt) == (job_id, 1)
    assert job.payload
    assert await jobs.events(job_id) == ["submitted", "claimed", "failed", "retried", "claimed"]


@pytest.mark.parametrize(
    ("retryable", "delay_ms", "state"),
    [(False, 0, JobState.FAILED), (True, 0, JobState.WAITING), (True, 60_000, JobState.DELAYED)],
)
async def test_failing_again_after_a_lost_reply_gives_the_same_answer(
    retryable: bool, delay_ms: int, state: JobState, jobs: JobFactory, leases: Leases
) -> None:
    job = await jobs.claimed()
    assert await leases.fail(job, ERROR, retryable=retryable, delay_ms=delay_ms) is state
    before = await jobs.snapshot(job.id)
    assert await leases.fail(job, ERROR, retryable=retryable, delay_ms=delay_ms) is state
    assert await jobs.snapshot(job.id) == before
