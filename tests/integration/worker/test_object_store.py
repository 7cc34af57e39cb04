"""A worker whose storage is an object store: what it stores, what it holds, and what it lets go."""

from __future__ import annotations

import asyncio
import hashlib
import uuid
from collections.abc import AsyncIterator

import pytest

from shared.datasets.model import Dataset, DatasetColumn, Dialect
from shared.job import JobState
from shared.queue.leases import Leases
from shared.queue.reads import QueueReads
from shared.settings import Settings
from tests.factories import JobFactory
from tests.object_store import Host, ObjectStoreServer, refused
from worker.children.pool import ChildPool
from worker.executor import Executor
from worker.listeners import Listeners
from worker.running import CANCELLED


@pytest.fixture
def executor(settings: Settings, leases: Leases, lone: ChildPool, host: Host) -> Executor:
    return Executor(settings, leases, lone, host.reports, Listeners(), host.datasets)


async def dataset_of(host: Host, rows: int) -> str:
    content = b"n\n" + b"".join(b"%d\n" % n for n in range(rows))
    dataset = Dataset(
        uuid.uuid4().hex,
        "a.csv",
        Dialect("csv", "utf-8", ",", header=True),
        rows,
        (DatasetColumn("n", "number", 0),),
        len(content),
        hashlib.sha256(content).hexdigest(),
        1_700_000_000_000,
    )
    host.datasets.upload_path(dataset.id).write_bytes(content)
    await host.datasets.commit(dataset)
    await host.datasets.discard_upload(dataset.id)
    return dataset.id


def left_in_scratch(host: Host) -> list[str]:
    return [path.name for path in host.scratch.folder.iterdir() if path.name != ".lock"]


async def test_a_report_of_a_dataset_is_stored_and_the_copy_let_go(
    executor: Executor, jobs: JobFactory, reads: QueueReads, host: Host, store: ObjectStoreServer
) -> None:
    dataset_id = await dataset_of(host, 50)
    job = await jobs.claimed(report_type="table", data={"dataset": dataset_id})
    await executor.run(job, lambda _: None)
    done = await reads.job(job.id)
    assert done is not None
    assert done.result is not None
    pdf = store.get(f"some/prefix/{done.result['fileName']}")
    assert pdf is not None
    assert hashlib.sha256(pdf).hexdigest() == done.result["sha256"]
    assert host.cache._held == {}
    assert left_in_scratch(host) == []


async def test_the_copy_is_held_while_its_child_works_and_let_go_when_the_job_is_stopped(
    executor: Executor, jobs: JobFactory, host: Host
) -> None:
    dataset_id = await dataset_of(host, 200_000)
    job = await jobs.claimed(report_type="table", data={"dataset": dataset_id})
    running = asyncio.create_task(executor.run(job, lambda _: None))
    while not host.cache._held:
        await asyncio.sleep(0.01)
    (copy,) = host.cache._copies()
    assert not host.cache._evict(copy)
    executor.stop(job.id, CANCELLED, job.fence)
    await running
    assert host.cache._held == {}


async def test_what_was_held_is_let_go_when_a_second_dataset_is_missing(
    executor: Executor, jobs: JobFactory, reads: QueueReads, host: Host
) -> None:
    ids = [await dataset_of(host, 5), "0" * 32]
    blocks = [{"type": "table", "dataset": dataset_id} for dataset_id in ids]
    job = await jobs.claimed(report_type="document", data={"title": "Two", "blocks": blocks})
    await executor.run(job, lambda _: None)
    document = await reads.document(job.id)
    assert document is not None
    assert document["error"]["type"] == "DatasetMissing"
    assert host.cache._held == {}


async def test_a_store_that_refuses_the_pdf_fails_the_attempt_which_is_retried(
    executor: Executor, jobs: JobFactory, reads: QueueReads, host: Host, store: ObjectStoreServer
) -> None:
    job = await jobs.claimed()
    store.fault = refused("AccessDenied")
    await executor.run(job, lambda _: None)
    document = await reads.document(job.id)
    assert document is not None
    assert document["state"] == JobState.DELAYED
    assert document["error"]["type"] == "StorageFailed"
    assert left_in_scratch(host) == []


async def test_a_store_that_refuses_a_dataset_fails_the_attempt_which_is_retried(
    executor: Executor, jobs: JobFactory, reads: QueueReads, host: Host, store: ObjectStoreServer
) -> None:
    dataset_id = await dataset_of(host, 5)
    job = await jobs.claimed(report_type="table", data={"dataset": dataset_id})
    store.fault = refused("AccessDenied")
    await executor.run(job, lambda _: None)
    document = await reads.document(job.id)
    assert document is not None
    assert (document["state"], document["error"]["type"]) == (JobState.DELAYED, "StorageUnavailable")


async def test_the_pdf_of_a_lost_lease_is_removed_and_a_store_that_is_down_then_hides_nothing(
    executor: Executor,
    jobs: JobFactory,
    leases: Leases,
    host: Host,
    store: ObjectStoreServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from shared.errors import LeaseLost

    failed: list[object] = []

    async def lost(job: object, *_: object) -> None:
        if failed:
            store.fault = refused("AccessDenied")
        raise LeaseLost("a", 1)

    async def fail(*asked: object, **options: object) -> None:
        failed.append(asked)

    monkeypatch.setattr(leases, "complete", lost)
    monkeypatch.setattr(leases, "fail", fail)
    await executor.run(await jobs.claimed(), lambda _: None)
    assert store.listed() == []
    failed.append("from now on the store is down")
    await executor.run(await jobs.claimed(), lambda _: None)
    assert failed == ["from now on the store is down"]


class Stalling:
    """A fetch that begins and never ends."""

    def __init__(self) -> None:
        self.began = asyncio.Event()

    async def __call__(self, key: str) -> AsyncIterator[bytes]:
        self.began.set()
        await asyncio.Event().wait()
        yield b""


async def test_a_cancel_is_noticed_while_a_dataset_is_fetched(
    executor: Executor, jobs: JobFactory, host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = await jobs.claimed(report_type="table", data={"dataset": await dataset_of(host, 50)})
    stalling = Stalling()
    monkeypatch.setattr(host.bucket, "chunks", stalling)
    running = asyncio.create_task(executor.run(job, lambda _: None))
    await stalling.began.wait()
    executor.stop(job.id, CANCELLED, job.fence)
    async with asyncio.timeout(20):
        await running
    assert executor.running() == []


async def test_a_fetch_may_take_no_longer_than_the_job(
    executor: Executor, jobs: JobFactory, reads: QueueReads, host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = {"dataset": await dataset_of(host, 50)}
    job = await jobs.claimed(report_type="table", data=data, timeout_seconds=0.1, max_attempts=1)
    monkeypatch.setattr(host.bucket, "chunks", Stalling())
    async with asyncio.timeout(20):
        await executor.run(job, lambda _: None)
    failed = await reads.job(job.id)
    assert failed is not None
    assert failed.failed_reason == "the datasets did not come within 0.1 s"
