"""What can't be read fails its own job, says what it is, and stops nobody else."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from arq.connections import ArqRedis
from redis.exceptions import ResponseError

from shared.job import Job, JobState
from shared.logs import get_logger
from shared.outage import Outage
from shared.queue import keys
from shared.queue.commands import QueueCommands
from shared.queue.leases import Claim, Leases
from shared.queue.reads import QueueReads
from shared.settings import Settings
from tests.factories import JobFactory
from worker import executor as executor_module
from worker import report_worker
from worker.children.pool import ChildPool
from worker.executor import Executor
from worker.report_worker import ReportWorker
from worker.running import CANCELLED


@pytest.fixture
def worker(settings: Settings, redis: ArqRedis, leases: Leases, executor: Executor) -> ReportWorker:
    return ReportWorker(settings, redis, redis, leases, executor, Outage(get_logger("test")))


async def run_all(worker: ReportWorker) -> None:
    """Everything that waits."""
    await worker._poll_iteration()
    await asyncio.gather(*worker.tasks.values())


async def found(reads: QueueReads, job_id: str) -> Job:
    job = await reads.job(job_id)
    assert job is not None
    return job


@pytest.mark.parametrize("value", [None, "x"], ids=["missing", "unreadable"])
@pytest.mark.parametrize("field", ["timeoutSeconds", "createdAt", "maxAttempts"])
async def test_a_damaged_record_fails_its_job_and_the_next_one_runs(
    worker: ReportWorker, redis: ArqRedis, jobs: JobFactory, reads: QueueReads, field: str, value: str | None
) -> None:
    bad, good = await jobs.waiting(), await jobs.waiting()
    if value is None:
        await redis.hdel(keys.job(bad), field)
    else:
        await redis.hset(keys.job(bad), field, value)
    await run_all(worker)
    assert (await found(reads, good)).state is JobState.COMPLETED
    state, error = await redis.hmget(keys.job(bad), "state", "error")
    assert state == b"failed"
    assert b"RecordDamaged" in error
    assert field.encode() in error


async def test_a_record_that_is_none_does_not_stop_the_queue(
    worker: ReportWorker, redis: ArqRedis, jobs: JobFactory, reads: QueueReads
) -> None:
    bad, good = await jobs.waiting(), await jobs.waiting()
    await redis.delete(keys.job(bad))
    await redis.set(keys.job(bad), "x")
    await run_all(worker)
    assert [(await found(reads, job_id)).state for job_id in (bad, good)] == [JobState.COMPLETED] * 2


async def test_a_claim_that_redis_could_not_run_is_sent_again(
    worker: ReportWorker,
    leases: Leases,
    jobs: JobFactory,
    reads: QueueReads,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(report_worker, "CLAIM_AGAIN_SECONDS", 0)
    claim, tries = leases.claim, []

    async def fail_once(*asked: Any) -> Claim:
        tries.append(asked)
        if len(tries) == 1:
            raise ResponseError("WRONGTYPE Operation against a key holding the wrong kind of value")
        return await claim(*asked)

    monkeypatch.setattr(leases, "claim", fail_once)
    job_id = await jobs.waiting()
    await worker._poll_iteration()
    assert worker.tasks == {}
    await run_all(worker)
    assert (await found(reads, job_id)).state is JobState.COMPLETED


async def test_a_damaged_dataset_is_named(
    executor: Executor, jobs: JobFactory, reads: QueueReads, settings: Settings
) -> None:
    dataset_id = "0" * 32
    settings.dataset_path.mkdir(parents=True)
    (settings.dataset_path / f"{dataset_id}.json").write_text("{")
    job = await jobs.claimed(report_type="table", data={"dataset": dataset_id})
    await executor.run(job, lambda _: None)
    assert (await found(reads, job.id)).state is JobState.FAILED
    document = await reads.document(job.id)
    assert document is not None
    assert document["error"]["type"] == "DatasetDamaged"
    assert dataset_id in document["error"]["message"]


async def test_a_bug_fails_its_job_and_is_not_taken_for_a_lost_worker(
    executor: Executor, jobs: JobFactory, reads: QueueReads, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def bug(*_: object) -> None:
        raise KeyError("rows")

    monkeypatch.setattr(executor_module, "named_datasets", bug)
    job = await jobs.claimed(report_type="table", data={"dataset": "0" * 32})
    await executor.run(job, lambda _: None)
    document = await reads.document(job.id)
    assert document is not None
    assert (document["state"], document["error"]["type"]) == ("failed", "KeyError")
    assert "named_datasets" in document["error"]["detail"]


async def test_the_word_that_a_job_is_cancelled_may_come_before_the_job(
    executor: Executor, lone: ChildPool, commands: QueueCommands, jobs: JobFactory, reads: QueueReads
) -> None:
    job = await jobs.claimed()
    await commands.cancel(job.id)
    executor.stop(job.id, CANCELLED, job.fence)
    await executor.run(job, lambda _: None)
    assert [child.jobs for child in lone._children] in ([], [0])
    document = await reads.document(job.id)
    assert document is not None
    assert [entry["event"] for entry in document["timeline"]][-2:] == ["cancelled", "stopped"]


def test_words_about_jobs_that_never_come_are_forgotten(
    executor: Executor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(executor_module, "MOST_STOPS", 3)
    for fence in range(5):
        executor.stop("a", CANCELLED, fence)
    assert [fence for _, fence in executor._stops] == [2, 3, 4]
