"""Jobs that clients of arq enqueue."""

from __future__ import annotations

import asyncio
import pickle
from datetime import UTC, datetime

import pytest
from arq.connections import ArqRedis

from shared.errors import IllegalTransition, LeaseLost
from shared.job import JobState
from shared.queue import keys
from shared.queue.commands import QueueCommands
from shared.queue.leases import ClaimedJob, Leases
from shared.queue.maintenance import Maintenance
from shared.queue.payload import encode_payload
from shared.queue.reads import QueueReads
from tests.factories import ERROR, RESULT


async def _claim_due(leases: Leases) -> list[ClaimedJob]:
    """Claims, waiting for entries of this very millisecond: arq rounds its own clock's times up."""
    claim = await leases.claim(5)
    while not claim.jobs and claim.next_due_ms is not None and claim.next_due_ms < 1000:
        await asyncio.sleep(claim.next_due_ms / 1000)
        claim = await leases.claim(5)
    return list(claim.jobs)


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


async def test_the_sweep_wakes_somebody_for_what_arq_clients_enqueue(
    redis: ArqRedis, upkeep: Maintenance
) -> None:
    await redis.enqueue_job("generate-report", reportType="test", data={})
    assert await redis.llen(keys.WAKE) == 0
    await asyncio.sleep(0.002)  # arq rounds its own clock's time up
    await upkeep.sweep()
    assert await redis.llen(keys.WAKE) > 0


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


@pytest.mark.parametrize("job_id", ["../../../tmp/evil", "a/b", ".hidden", "x" * 129])
async def test_a_job_that_was_refused_for_its_id_is_never_run(
    redis: ArqRedis, leases: Leases, reads: QueueReads, commands: QueueCommands, job_id: str
) -> None:
    """Files are named by it."""
    await redis.enqueue_job("generate-report", reportType="test", data={}, _job_id=job_id)
    assert await _claim_due(leases) == []
    job = await reads.job(job_id)
    assert job is not None
    assert job.state is JobState.FAILED
    with pytest.raises(IllegalTransition, match="id"):
        await commands.retry(job_id)
    assert await _claim_due(leases) == []
