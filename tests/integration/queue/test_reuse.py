"""The option `reuse`: a completed job answers an identical request, and nothing else does."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from arq.connections import ArqRedis

from shared.errors import IdempotencyConflict, IllegalTransition, LeaseLost
from shared.job import JobSpec, JobState
from shared.queue import keys
from shared.queue.commands import QueueCommands, Submitted
from shared.queue.leases import ClaimedJob, Leases
from shared.queue.maintenance import Maintenance
from shared.queue.reads import QueueReads
from tests.factories import ERROR, RESULT, JobFactory, spec

HASH, OTHER = "a" * 64, "b" * 64
HOUR = 3600


def wanted(reuse_hash: str = HASH, **changes: Any) -> JobSpec:
    """A job that may be reused for an hour."""
    return spec(reuse_hash=reuse_hash, reuse_seconds=HOUR, **changes)


async def completed(jobs: JobFactory, reuse_hash: str = HASH) -> str:
    """The id of a completed job that may be reused."""
    return await jobs.completed(reuse_hash=reuse_hash, reuse_seconds=HOUR)


async def claim_one(leases: Leases) -> ClaimedJob:
    (job,) = (await leases.claim(1)).jobs
    return job


async def test_a_completed_job_is_the_answer_and_no_other_is_made(
    jobs: JobFactory, commands: QueueCommands, redis: ArqRedis
) -> None:
    job_id = await completed(jobs)
    before, events = await redis.dbsize(), await redis.xlen(keys.EVENTS)
    answer = await commands.submit(wanted(priority=0, delay_ms=5000, timeout_seconds=1))
    assert answer == Submitted(job_id, JobState.COMPLETED, created=False, reused=True)
    assert (await redis.dbsize(), await redis.xlen(keys.EVENTS)) == (before, events)


async def test_the_offer_ends_after_the_time_that_the_job_was_submitted_with(
    jobs: JobFactory, redis: ArqRedis
) -> None:
    await completed(jobs)
    assert 0 < await redis.ttl(keys.reuse(HASH)) <= HOUR


async def test_another_content_or_none_makes_a_job(jobs: JobFactory, commands: QueueCommands) -> None:
    job_id = await completed(jobs)
    for other in (wanted(OTHER), spec()):
        answer = await commands.submit(other)
        assert (answer.created, answer.reused, answer.job_id) == (True, False, other.job_id)
        assert answer.job_id != job_id


async def test_a_job_without_reuse_is_not_offered_and_leaves_no_trace_of_it(
    jobs: JobFactory, commands: QueueCommands, redis: ArqRedis
) -> None:
    job_id = await jobs.completed()
    assert not await redis.hexists(keys.job(job_id), "reuse")
    assert [key async for key in redis.scan_iter(keys.reuse("*"))] == []
    assert (await commands.submit(wanted())).created


@pytest.mark.parametrize("state", [state for state in JobState if state is not JobState.COMPLETED])
async def test_only_a_completed_job_is_reused(
    state: JobState, jobs: JobFactory, commands: QueueCommands
) -> None:
    await jobs.in_state(state, reuse_hash=HASH, reuse_seconds=HOUR)
    assert (await commands.submit(wanted())).created


async def test_a_job_that_was_removed_is_not_reused(
    jobs: JobFactory, commands: QueueCommands, redis: ArqRedis
) -> None:
    await commands.remove(await completed(jobs))
    assert not await redis.exists(keys.reuse(HASH))
    assert (await commands.submit(wanted())).created


async def test_a_job_that_retention_forgot_is_not_reused(
    jobs: JobFactory, commands: QueueCommands, redis: ArqRedis, upkeep: Maintenance
) -> None:
    await completed(jobs)
    expired = await upkeep.expire(JobState.COMPLETED, None, 0)
    assert expired.jobs == 1
    assert not await redis.exists(keys.reuse(HASH))
    assert (await commands.submit(wanted())).created


async def test_an_offer_whose_record_was_deleted_or_made_anew_by_hand_counts_for_nothing(
    jobs: JobFactory, commands: QueueCommands, redis: ArqRedis
) -> None:
    job_id = await completed(jobs)
    await redis.delete(keys.job(job_id))
    assert (await commands.submit(wanted())).created
    await redis.hset(keys.job(job_id), mapping={"state": "completed", "reuse": f"{OTHER} {HOUR}"})
    assert (await commands.submit(wanted())).created


async def test_removing_an_older_job_of_the_same_content_keeps_the_newer_one_reusable(
    commands: QueueCommands, leases: Leases
) -> None:
    older, newer = wanted(), wanted()
    for one in (older, newer):
        assert (await commands.submit(one)).created
    for job in [await claim_one(leases), await claim_one(leases)]:
        await leases.complete(job, RESULT)
    assert (await commands.submit(wanted())).job_id == newer.job_id
    await commands.remove(older.job_id)
    assert (await commands.submit(wanted())).job_id == newer.job_id


async def test_a_job_that_completes_after_a_retry_by_hand_is_reused(
    jobs: JobFactory, commands: QueueCommands, leases: Leases
) -> None:
    job_id = await jobs.failed(reuse_hash=HASH, reuse_seconds=HOUR)
    await commands.retry(job_id)
    await leases.complete(await claim_one(leases), RESULT)
    assert (await commands.submit(wanted())).job_id == job_id


async def test_a_stale_completion_offers_nothing(
    jobs: JobFactory, commands: QueueCommands, leases: Leases, redis: ArqRedis
) -> None:
    job = await jobs.claimed(reuse_hash=HASH, reuse_seconds=HOUR)
    await commands.cancel(job.id)
    with pytest.raises(LeaseLost):
        await leases.complete(job, RESULT)
    assert not await redis.exists(keys.reuse(HASH))


async def test_of_many_submits_at_once_all_get_the_completed_job(
    jobs: JobFactory, commands: QueueCommands, reads: QueueReads
) -> None:
    job_id = await completed(jobs)
    answers = await asyncio.gather(*(commands.submit(wanted()) for _ in range(50)))
    assert {(answer.job_id, answer.reused) for answer in answers} == {(job_id, True)}
    assert (await reads.counts())[JobState.WAITING] == 0


async def test_submits_beside_a_completion_give_either_a_new_job_or_the_completed_one(
    jobs: JobFactory, commands: QueueCommands, leases: Leases, reads: QueueReads
) -> None:
    job = await jobs.claimed(reuse_hash=HASH, reuse_seconds=HOUR)
    answers: list[Submitted] = []

    async def submit() -> None:
        answers.append(await commands.submit(wanted()))

    submits = [submit() for _ in range(40)]
    await asyncio.gather(*submits[:20], leases.complete(job, RESULT), *submits[20:])
    await submit()
    assert answers[-1].reused
    assert {answer.job_id for answer in answers if answer.reused} == {job.id}
    assert all(answer.created is not answer.reused for answer in answers)
    created = [answer.job_id for answer in answers if answer.created]
    assert (await reads.counts())[JobState.WAITING] == len(set(created)) == len(created)


async def test_an_idempotency_key_stands_for_the_reused_job(
    jobs: JobFactory, commands: QueueCommands
) -> None:
    job_id = await completed(jobs)
    first = await commands.submit(wanted(idempotency_key="k", body_hash="h"))
    again = await commands.submit(wanted(idempotency_key="k", body_hash="h"))
    assert (first.job_id, first.reused) == (job_id, True)
    assert (again.job_id, again.created, again.reused) == (job_id, False, False)
    with pytest.raises(IdempotencyConflict):
        await commands.submit(wanted(OTHER, idempotency_key="k", body_hash="other"))


async def test_an_idempotency_key_that_is_known_wins_over_reuse(
    jobs: JobFactory, commands: QueueCommands
) -> None:
    first = await commands.submit(wanted(OTHER, idempotency_key="k", body_hash="h", delay_ms=HOUR * 1000))
    await completed(jobs)
    again = await commands.submit(wanted(idempotency_key="k", body_hash="h"))
    assert (again.job_id, again.state, again.reused) == (first.job_id, JobState.DELAYED, False)


async def test_a_submit_whose_reply_was_lost_is_not_answered_with_another_job(
    jobs: JobFactory, commands: QueueCommands
) -> None:
    sent = wanted()
    await commands.submit(sent)
    await commands.cancel(sent.job_id)
    await completed(jobs)
    again = await commands.submit(sent)
    assert (again.job_id, again.created, again.reused) == (sent.job_id, False, False)


async def test_a_batch_makes_only_the_jobs_that_are_not_done(
    jobs: JobFactory, commands: QueueCommands, leases: Leases, reads: QueueReads
) -> None:
    job_id = await completed(jobs)
    batch = [wanted(), spec(), wanted(OTHER), wanted()]
    answers = await commands.submit_batch(batch, "k", "h")
    assert [answer.reused for answer in answers] == [True, False, False, True]
    assert [answer.created for answer in answers] == [False, True, True, False]
    made = [batch[1].job_id, batch[2].job_id]
    assert [answer.job_id for answer in answers] == [job_id, *made, job_id]
    assert (await reads.counts())[JobState.WAITING] == 2
    known = await commands.submit_batch([wanted(), spec(), wanted(OTHER), wanted()], "k", "h")
    assert [answer.job_id for answer in known] == [job_id, *made, job_id]
    assert not any(answer.created or answer.reused for answer in known)
    assert {job.id for job in (await leases.claim(5)).jobs} == set(made)


async def test_a_batch_that_is_done_already_changes_nothing(
    jobs: JobFactory, commands: QueueCommands, redis: ArqRedis
) -> None:
    job_id = await completed(jobs)
    before = await redis.dbsize()
    answers = await commands.submit_batch([wanted(), wanted()])
    assert answers == [Submitted(job_id, JobState.COMPLETED, created=False, reused=True)] * 2
    assert await redis.dbsize() == before


async def test_a_batch_whose_reply_was_lost_makes_no_job_twice(
    jobs: JobFactory, commands: QueueCommands, reads: QueueReads
) -> None:
    done = await completed(jobs)
    batch = [wanted(), wanted(OTHER), spec()]
    first = await commands.submit_batch(batch)
    await commands.cancel(batch[1].job_id)
    await commands.cancel(batch[2].job_id)
    await completed(jobs, OTHER)
    again = await commands.submit_batch(batch)
    assert [answer.job_id for answer in again] == [answer.job_id for answer in first]
    assert first[0].job_id == done
    assert not any(answer.created for answer in again)
    assert (await reads.counts())[JobState.WAITING] == 0


async def test_a_job_that_was_reused_can_still_not_be_retried_or_cancelled(
    jobs: JobFactory, commands: QueueCommands
) -> None:
    job_id = await completed(jobs)
    await commands.submit(wanted())
    for act in (commands.retry, commands.cancel):
        with pytest.raises(IllegalTransition):
            await act(job_id)


async def test_a_failed_attempt_offers_nothing(jobs: JobFactory, leases: Leases, redis: ArqRedis) -> None:
    job = await jobs.claimed(reuse_hash=HASH, reuse_seconds=HOUR)
    await leases.fail(job, ERROR, retryable=True, delay_ms=0)
    assert not await redis.exists(keys.reuse(HASH))
