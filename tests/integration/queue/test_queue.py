"""What the queue promises beyond single transitions."""

from __future__ import annotations

import asyncio
import json
import pickle
from datetime import UTC, datetime

import pytest
from arq.connections import ArqRedis
from pydantic_core import from_json

from shared.errors import IdempotencyConflict, LeaseLost, QueueUnavailable
from shared.job import JobState
from shared.queue import keys
from shared.queue.commands import QueueCommands
from shared.queue.leases import ClaimedJob, HandBack, Leases, LostLease
from shared.queue.maintenance import Maintenance
from shared.queue.payload import encode_payload
from shared.queue.reads import QueueReads
from shared.redis import connect
from shared.settings import Settings
from tests.factories import ERROR, RESULT, JobFactory, spec


@pytest.fixture
def upkeep(redis: ArqRedis) -> Maintenance:
    return Maintenance(redis, "s1", 2, 1.0)


async def _claim_due(leases: Leases) -> list[ClaimedJob]:
    """Claims, waiting for entries of this very millisecond: arq rounds its own clock's times up."""
    claim = await leases.claim(5)
    while not claim.jobs and claim.next_due_ms is not None and claim.next_due_ms < 1000:
        await asyncio.sleep(claim.next_due_ms / 1000)
        claim = await leases.claim(5)
    return list(claim.jobs)


async def _events(redis: ArqRedis, job_id: str) -> list[str]:
    return [from_json(raw)[1] for raw in await redis.lrange(keys.log(job_id), 0, -1)]


async def test_a_hundred_concurrent_claims_never_give_a_job_twice(
    redis: ArqRedis, commands: QueueCommands
) -> None:
    submitted = {(await commands.submit(spec())).job_id for _ in range(60)}
    workers = [Leases(redis, f"w{n}", 10_000, 2) for n in range(100)]
    claims = await asyncio.gather(*(worker.claim(2) for worker in workers))
    claimed = [job.id for claim in claims for job in claim.jobs]
    assert sorted(claimed) == sorted(submitted)


async def test_jobs_are_claimed_by_priority_and_then_in_order(
    commands: QueueCommands, leases: Leases
) -> None:
    order = [5, 9, 0, 5, 6, 1, 9, 4]
    ids = [(await commands.submit(spec(priority=priority))).job_id for priority in order]
    expected = [ids[index] for index in sorted(range(len(order)), key=lambda index: (order[index], index))]
    assert [job.id for job in (await leases.claim(8)).jobs] == expected


async def test_a_claim_takes_no_more_than_the_free_slots(commands: QueueCommands, leases: Leases) -> None:
    for _ in range(3):
        await commands.submit(spec())
    assert len((await leases.claim(2)).jobs) == 2
    assert (await leases.claim(0)).jobs == ()
    assert len((await leases.claim(5)).jobs) == 1


async def test_a_claimed_job_carries_its_payload_and_limits(jobs: JobFactory) -> None:
    job = await jobs.claimed(max_attempts=7, timeout_seconds=1.5, request_id="r-1", title="T")
    assert (job.fence, job.attempt, job.max_attempts, job.timeout_seconds) == (1, 1, 7, 1.5)
    assert from_json(job.payload)["k"] == {
        "reportType": "test",
        "data": {"period": "Q1", "revenue": 1},
        "title": "T",
    }


async def test_the_same_idempotency_key_and_body_make_one_job(
    commands: QueueCommands, reads: QueueReads
) -> None:
    first = await commands.submit(spec(idempotency_key="k", body_hash="h"))
    second = await commands.submit(spec(idempotency_key="k", body_hash="h"))
    assert (second.job_id, second.created) == (first.job_id, False)
    assert (await reads.counts())[JobState.WAITING] == 1


async def test_the_same_idempotency_key_for_another_body_is_a_conflict(commands: QueueCommands) -> None:
    first = await commands.submit(spec(idempotency_key="k", body_hash="h"))
    with pytest.raises(IdempotencyConflict) as caught:
        await commands.submit(spec(idempotency_key="k", body_hash="other"))
    assert caught.value.job_id == first.job_id


async def test_a_stalled_job_goes_first_again_under_a_larger_fence(
    jobs: JobFactory, commands: QueueCommands, leases: Leases, upkeep: Maintenance, redis: ArqRedis
) -> None:
    stalled = await jobs.active()
    await commands.submit(spec())
    await jobs.expire_lease(stalled)
    (report,) = (await upkeep.sweep()).stalled
    assert (report.state, report.worker_id) == (JobState.WAITING, "w1")
    (job,) = (await leases.claim(1)).jobs
    assert (job.id, job.fence, job.attempt) == (stalled, 2, 2)
    assert await _events(redis, stalled) == ["submitted", "claimed", "stalled", "claimed"]


async def test_a_job_whose_lease_ended_is_claimed_even_without_a_scheduler(
    jobs: JobFactory, redis: ArqRedis
) -> None:
    job_id = await jobs.active()
    await jobs.expire_lease(job_id)
    (job,) = (await Leases(redis, "w2", 10_000, 2).claim(1)).jobs
    assert (job.id, job.fence) == (job_id, 2)


async def test_a_job_that_loses_its_worker_twice_fails_as_poison(
    jobs: JobFactory, leases: Leases, upkeep: Maintenance, reads: QueueReads
) -> None:
    job_id = await jobs.active()
    await jobs.expire_lease(job_id)
    await upkeep.sweep()
    await leases.claim(1)
    await jobs.expire_lease(job_id)
    await upkeep.sweep()
    job = await reads.job(job_id)
    assert job is not None
    assert (job.state, job.stalls) == (JobState.FAILED, 2)
    assert "poison" in (job.failed_reason or "")
    assert (job.error or {})["type"] == "PoisonLimit"


async def test_a_stall_never_starts_more_attempts_than_allowed(
    jobs: JobFactory, upkeep: Maintenance, reads: QueueReads
) -> None:
    job_id = await jobs.active(max_attempts=1)
    await jobs.expire_lease(job_id)
    await upkeep.sweep()
    job = await reads.job(job_id)
    assert job is not None
    assert (job.state, job.attempts) == (JobState.FAILED, 1)


async def test_a_heartbeat_keeps_the_lease_and_names_what_is_lost(
    jobs: JobFactory, leases: Leases, commands: QueueCommands, upkeep: Maintenance
) -> None:
    kept = await jobs.claimed()
    cancelled = await jobs.claimed()
    await commands.cancel(cancelled.id)
    await jobs.expire_lease(kept.id)
    lost = await leases.heartbeat([(kept.id, kept.fence), (cancelled.id, cancelled.fence)], {"pid": "1"})
    assert lost == [LostLease(cancelled.id, cancelled.fence, JobState.CANCELLED)]
    assert (await upkeep.sweep()).stalled == ()


async def test_a_heartbeat_of_a_stale_fence_does_not_renew(
    jobs: JobFactory, leases: Leases, upkeep: Maintenance, redis: ArqRedis
) -> None:
    old = await jobs.claimed()
    await jobs.expire_lease(old.id)
    await upkeep.sweep()
    await Leases(redis, "w2", 10_000, 2).claim(1)
    await jobs.expire_lease(old.id)
    assert [lost.job_id for lost in await leases.heartbeat([(old.id, old.fence)], {})] == [old.id]
    assert [job.job_id for job in (await upkeep.sweep()).stalled] == [old.id]


async def test_progress_never_runs_backwards_within_an_attempt(
    jobs: JobFactory, leases: Leases, reads: QueueReads
) -> None:
    job = await jobs.claimed()
    await leases.progress(job, 60, "table")
    await leases.progress(job, 40, "late")
    record = await reads.job(job.id)
    assert record is not None
    assert (record.progress, record.stage) == (60, "table")


async def test_progress_under_a_stale_fence_is_refused(
    jobs: JobFactory, leases: Leases, commands: QueueCommands
) -> None:
    job = await jobs.claimed()
    await commands.cancel(job.id)
    with pytest.raises(LeaseLost):
        await leases.progress(job, 10, "late")


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
    assert (again.attempt, again.fence) == (1, 2)
    timeline = [json.loads(line) for line in await redis.lrange(keys.log(job.id), 0, -1)]
    assert [(event, detail) for _, event, _, _, detail in timeline if event == "released"] == [
        ("released", why.value)
    ]


async def test_retry_by_hand_keeps_id_payload_and_timeline(
    jobs: JobFactory, commands: QueueCommands, leases: Leases, redis: ArqRedis
) -> None:
    job_id = await jobs.failed()
    await commands.retry(job_id, by="tester")
    (job,) = (await leases.claim(1)).jobs
    assert (job.id, job.attempt) == (job_id, 1)
    assert job.payload
    assert await _events(redis, job_id) == ["submitted", "claimed", "failed", "retried", "claimed"]


async def test_cancelling_a_running_job_tells_its_worker(
    jobs: JobFactory, commands: QueueCommands, redis: ArqRedis
) -> None:
    job = await jobs.claimed()
    assert await commands.cancel(job.id) is JobState.ACTIVE
    ((_, message),) = await redis.xrange(keys.inbox("w1"))
    assert message == {b"type": b"cancel", b"jobId": job.id.encode(), b"fence": str(job.fence).encode()}


async def test_a_delayed_job_is_not_claimed_before_its_time(
    jobs: JobFactory, leases: Leases, upkeep: Maintenance
) -> None:
    job_id = await jobs.delayed(delay_ms=5_000)
    claim = await leases.claim(1)
    assert claim.jobs == ()
    assert claim.next_due_ms is not None
    assert 0 < claim.next_due_ms <= 5_000
    await jobs.make_due(job_id)
    assert (await upkeep.sweep()).promoted == 1
    assert [job.id for job in (await leases.claim(1)).jobs] == [job_id]


async def test_a_delayed_job_keeps_its_priority_when_it_falls_due(jobs: JobFactory, leases: Leases) -> None:
    low = await jobs.delayed(priority=9)
    await jobs.make_due(low)
    normal = await jobs.waiting()
    assert [job.id for job in (await leases.claim(2)).jobs] == [normal, low]


async def test_a_paused_queue_gives_nothing_until_it_is_resumed(
    jobs: JobFactory, commands: QueueCommands, leases: Leases, reads: QueueReads
) -> None:
    await jobs.waiting()
    assert await commands.pause()
    assert not await commands.pause()
    assert (await leases.claim(1)).jobs == ()
    assert await reads.is_paused()
    assert await commands.resume()
    assert len((await leases.claim(1)).jobs) == 1


async def test_mending_restores_a_lost_queue_entry(
    jobs: JobFactory, upkeep: Maintenance, redis: ArqRedis, leases: Leases
) -> None:
    ids = [await jobs.waiting(priority=2), await jobs.delayed()]
    active = await jobs.claimed(priority=0)
    await redis.delete(keys.QUEUE)
    repaired = {mended.job_id for mended in await upkeep.mend()}
    assert repaired == {*ids, active.id}
    assert [job.id for job in (await leases.claim(3)).jobs] == [ids[0]]
    assert await upkeep.mend() == []


async def test_mending_fails_a_job_whose_payload_is_gone(
    jobs: JobFactory, upkeep: Maintenance, redis: ArqRedis, reads: QueueReads
) -> None:
    job_id = await jobs.waiting()
    await redis.delete(keys.payload(job_id))
    await upkeep.mend()
    job = await reads.job(job_id)
    assert job is not None
    assert (job.state, job.failed_reason) == (JobState.FAILED, "its payload was lost")


async def test_mending_drops_entries_of_nobody_and_of_finished_jobs(
    jobs: JobFactory, upkeep: Maintenance, redis: ArqRedis
) -> None:
    finished = await jobs.completed()
    await redis.zadd(keys.QUEUE, {"nobody": 1, finished: 1})
    assert {mended.job_id for mended in await upkeep.mend()} == {"nobody", finished}
    assert await redis.zcard(keys.QUEUE) == 0


async def test_mending_pages_through_more_than_one_page(
    commands: QueueCommands, upkeep: Maintenance, redis: ArqRedis
) -> None:
    await asyncio.gather(*(commands.submit(spec()) for _ in range(1_203)))
    await redis.delete(keys.QUEUE)
    assert len(await upkeep.mend()) == 1_203
    assert await redis.zcard(keys.QUEUE) == 1_203


async def test_an_arq_clients_job_is_adopted_with_its_options(
    redis: ArqRedis, leases: Leases, reads: QueueReads
) -> None:
    enqueued = await redis.enqueue_job(
        "generate-report", reportType="test", data={"period": "Q1", "revenue": 2}, maxAttempts=1, title="Mine"
    )
    assert enqueued is not None
    (job,) = await _claim_due(leases)
    assert (job.id, job.origin, job.max_attempts) == (enqueued.job_id, "arq", 1)
    document = await reads.document(job.id)
    assert document is not None
    assert (document["reportType"], document["title"], document["state"]) == ("test", "Mine", "active")
    assert await redis.ttl(keys.payload(job.id)) == -1


async def test_an_arq_client_may_pass_the_body_as_one_argument(redis: ArqRedis, leases: Leases) -> None:
    await redis.enqueue_job("generate-report", {"reportType": "test", "data": {"period": "Q", "revenue": 1}})
    assert len(await _claim_due(leases)) == 1


async def test_a_deferred_arq_job_waits_for_its_time(
    redis: ArqRedis, leases: Leases, upkeep: Maintenance, reads: QueueReads
) -> None:
    await redis.enqueue_job("generate-report", reportType="test", data={}, _job_id="later", _defer_by=3600)
    assert (await leases.claim(1)).jobs == ()
    await upkeep.mend()
    job = await reads.job("later")
    assert job is not None
    assert job.state is JobState.DELAYED


async def test_an_arq_job_deferred_for_thousands_of_years_is_not_taken_for_one_of_low_priority(
    redis: ArqRedis, leases: Leases, reads: QueueReads
) -> None:
    end_of_time = datetime(9999, 12, 31, tzinfo=UTC)
    await redis.enqueue_job(
        "generate-report", reportType="test", data={}, _job_id="late", _defer_until=end_of_time
    )
    for _ in range(2):
        assert (await leases.claim(1)).jobs == ()
    job = await reads.job("late")
    assert job is not None
    assert job.state is JobState.DELAYED


class _Bomb:
    """Unpickling this would be noticed."""

    exploded = False

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return (setattr, (_Bomb, "exploded", True))


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
async def test_a_pickled_job_is_refused_with_the_reason_and_never_unpickled(
    protocol: int, redis: ArqRedis, leases: Leases, reads: QueueReads
) -> None:
    redis.job_serializer = lambda job: pickle.dumps(job, protocol=protocol)
    await redis.enqueue_job("generate-report", _Bomb(), _job_id="pickled")
    assert await _claim_due(leases) == []
    job = await reads.job("pickled")
    assert job is not None
    assert job.state is JobState.FAILED
    assert "pickle" in (job.failed_reason or "")
    assert not _Bomb.exploded
    assert (await reads.document("pickled") or {})["jobData"] is None


@pytest.mark.parametrize(
    ("job_id", "raw", "reason"),
    [
        ("other", encode_payload({"f": "send-mail", "a": [], "k": {}}), "send-mail"),
        ("none", encode_payload({"f": "generate-report", "a": [], "k": {}}), "reportType"),
        ("torn", b'{"f": "generate-rep', "JSON"),
        ("deep", b"{" + b'"a":[' * 2000 + b"]" * 2000 + b"}", "JSON"),
        ("../../etc/passwd", encode_payload({"f": "generate-report", "k": {"reportType": "test"}}), "job id"),
    ],
)
async def test_a_strange_arq_job_fails_with_a_reason(
    job_id: str, raw: bytes, reason: str, redis: ArqRedis, leases: Leases, reads: QueueReads
) -> None:
    await redis.set(keys.payload(job_id), raw)
    await redis.zadd(keys.QUEUE, {job_id: 1})
    assert (await leases.claim(1)).jobs == ()
    job = await reads.job(job_id)
    assert job is not None
    assert job.state is JobState.FAILED
    assert reason in (job.failed_reason or "")


async def test_submitting_wakes_one_idle_worker_per_job(commands: QueueCommands, redis: ArqRedis) -> None:
    for _ in range(3):
        await commands.submit(spec())
    assert await redis.llen(keys.WAKE) == 3


async def test_wake_tokens_do_not_pile_up(commands: QueueCommands, redis: ArqRedis) -> None:
    await asyncio.gather(*(commands.submit(spec()) for _ in range(200)))
    assert await redis.llen(keys.WAKE) == 64


async def test_the_sweep_wakes_somebody_for_what_arq_clients_enqueue(
    redis: ArqRedis, upkeep: Maintenance
) -> None:
    await redis.enqueue_job("generate-report", reportType="test", data={})
    assert await redis.llen(keys.WAKE) == 0
    await asyncio.sleep(0.002)  # arq rounds its own clock's time up
    await upkeep.sweep()
    assert await redis.llen(keys.WAKE) > 0


async def test_the_queue_position_counts_who_comes_first(jobs: JobFactory, reads: QueueReads) -> None:
    await jobs.active()
    first, low, urgent = await jobs.waiting(), await jobs.waiting(priority=9), await jobs.waiting(priority=0)
    positions = [(await reads.document(job_id) or {})["queuePosition"] for job_id in (urgent, first, low)]
    assert positions == [0, 1, 2]


async def test_scripts_come_back_after_a_script_flush(commands: QueueCommands, redis: ArqRedis) -> None:
    await commands.submit(spec())
    await redis.script_flush()
    assert (await commands.submit(spec())).created


async def test_redis_out_of_memory_is_unavailable_and_loses_nothing(
    commands: QueueCommands, redis: ArqRedis, reads: QueueReads
) -> None:
    await redis.config_set("maxmemory", "1")
    try:
        with pytest.raises(QueueUnavailable):
            await commands.submit(spec())
    finally:
        await redis.config_set("maxmemory", "0")
    assert sum((await reads.counts()).values()) == 0


async def test_an_absent_redis_is_unavailable(settings: Settings) -> None:
    away = connect(settings.model_copy(update={"redis_url": "redis://127.0.0.1:1/0"}), "test")
    with pytest.raises(QueueUnavailable):
        await QueueCommands(away).submit(spec())
    with pytest.raises(QueueUnavailable):
        await QueueReads(away).counts()
    await away.aclose()


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


async def test_a_refused_write_says_that_the_job_was_cancelled(
    jobs: JobFactory, leases: Leases, commands: QueueCommands
) -> None:
    job = await jobs.claimed()
    await commands.cancel(job.id)
    with pytest.raises(LeaseLost) as progress:
        await leases.progress(job, 10, "late")
    with pytest.raises(LeaseLost) as complete:
        await leases.complete(job, RESULT)
    assert (progress.value.state, complete.value.state) == ("cancelled", "cancelled")


async def test_a_zombie_of_an_earlier_life_of_an_arq_id_is_refused(
    redis: ArqRedis, leases: Leases, commands: QueueCommands
) -> None:
    await redis.enqueue_job("generate-report", reportType="test", data={}, _job_id="again")
    (first,) = await _claim_due(leases)
    await leases.fail(first, ERROR, retryable=False, delay_ms=0)
    await commands.remove("again")
    await asyncio.sleep(0.002)  # the fence starts at the time in ms
    await redis.enqueue_job("generate-report", reportType="test", data={}, _job_id="again")
    (second,) = await _claim_due(leases)
    assert second.fence > first.fence
    with pytest.raises(LeaseLost):
        await leases.complete(first, RESULT)
