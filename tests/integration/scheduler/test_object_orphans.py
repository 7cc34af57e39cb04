"""The scheduler's duties on an object store."""

from __future__ import annotations

from arq.connections import ArqRedis

from scheduler import retention
from scheduler.dataset_retention import DatasetRetention, Removed
from scheduler.orphans import Cleaned, Orphans
from scheduler.retention import Forgotten, Limit
from shared.job import JobState
from shared.queue.dataset_use import DatasetUsers
from shared.queue.leases import Leases
from shared.queue.maintenance import Maintenance
from shared.queue.reads import QueueReads
from shared.storage import report_file_name
from tests.factories import RESULT, JobFactory
from tests.object_store import Host, ObjectStoreServer, refused


async def leader(redis: ArqRedis) -> Maintenance:
    queue = Maintenance(redis, "s1", 2, 1.0)
    await queue.sweep()
    return queue


def put(store: ObjectStoreServer, name: str) -> str:
    store.put(f"some/prefix/{name}", b"%PDF")
    return f"some/prefix/{name}"


async def test_files_that_no_record_names_are_removed_and_others_stay(
    redis: ArqRedis, reads: QueueReads, host: Host, store: ObjectStoreServer, jobs: JobFactory, leases: Leases
) -> None:
    orphans = Orphans(await leader(redis), reads, host.reports, -10)
    await orphans.run_once()
    assert store.get("some/prefix/.pressroom-volume") is not None
    job = await jobs.claimed()
    kept = [put(store, report_file_name("test", job.id, job.fence)), put(store, "readme.txt")]
    for name in (report_file_name("test", job.id, job.fence - 1), report_file_name("test", "nobody", 1)):
        put(store, name)
    assert await orphans.run_once() == Cleaned(3, 2)
    assert sorted(store.listed()) == sorted([*kept, "some/prefix/.pressroom-volume"])


async def test_the_files_of_another_stack_stay(
    redis: ArqRedis, reads: QueueReads, host: Host, store: ObjectStoreServer
) -> None:
    put(store, report_file_name("test", "of-another-stack", 1))
    assert await Orphans(await leader(redis), reads, host.reports, -10).run_once() == Cleaned()
    assert len(store.listed()) == 1


async def test_a_store_that_refuses_ends_no_duty(
    redis: ArqRedis, reads: QueueReads, host: Host, store: ObjectStoreServer, jobs: JobFactory
) -> None:
    queue = await leader(redis)
    await jobs.completed()
    store.fault = refused("AccessDenied")
    assert await Orphans(queue, reads, host.reports, -10).run_once() == Cleaned()
    duty = DatasetRetention(queue, DatasetUsers(redis), host.datasets, 30)
    assert await duty.run_once() == Removed()
    limits = {JobState.COMPLETED: Limit(0, None)}
    assert await retention.run_once(queue, host.reports, limits) == Forgotten(1, 0)


async def test_the_pdf_of_a_job_that_is_forgotten_goes(
    redis: ArqRedis, host: Host, store: ObjectStoreServer, jobs: JobFactory
) -> None:
    await jobs.completed()
    put(store, RESULT["fileName"])
    limits = {JobState.COMPLETED: Limit(0, None)}
    assert await retention.run_once(await leader(redis), host.reports, limits) == Forgotten(1, 1)
    assert store.listed() == []
