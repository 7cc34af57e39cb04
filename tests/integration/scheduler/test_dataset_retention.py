"""Datasets are removed when they are old and no unfinished job names them."""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from arq.connections import ArqRedis

from scheduler.dataset_retention import DatasetRetention, Removed
from shared.datasets.model import Dataset, DatasetColumn, Dialect
from shared.errors import DatasetMissing
from shared.job import JobState
from shared.queue.dataset_use import DatasetUsers
from shared.queue.keys import QUEUE
from shared.queue.maintenance import Maintenance
from shared.storage import DatasetFolder
from tests.factories import JobFactory

DAY = 24 * 3600
DAYS = 30.0

Make = Callable[..., Awaitable[str]]


@pytest.fixture
def folder(tmp_path: Path) -> DatasetFolder:
    made = DatasetFolder(tmp_path / "datasets")
    made.prepare()
    return made


@pytest.fixture
async def retention(redis: ArqRedis, folder: DatasetFolder) -> DatasetRetention:
    queue = Maintenance(redis, "s1", 2, 1.0, 10.0)
    await queue.sweep()
    assert queue.leads
    return DatasetRetention(queue, DatasetUsers(redis), folder, DAYS)


@pytest.fixture
def dataset(folder: DatasetFolder) -> Make:
    async def make(*, age_seconds: float) -> str:
        dataset_id = uuid.uuid4().hex
        folder.upload_path(dataset_id).write_bytes(b"a\n1\n")
        dialect, columns = Dialect("csv", "utf-8", ",", True), (DatasetColumn("a", "number", 0),)
        await folder.commit(Dataset(dataset_id, "a.csv", dialect, 1, columns, 4, "0" * 64, 0))
        age(folder.folder / f"{dataset_id}.json", age_seconds)
        age(folder.data_path(dataset_id), age_seconds)
        return dataset_id

    return make


def age(path: Path, seconds: float) -> None:
    moment = time.time() - seconds
    os.utime(path, (moment, moment))


async def exists(folder: DatasetFolder, dataset_id: str) -> bool:
    try:
        await folder.get(dataset_id)
    except DatasetMissing:
        assert not folder.data_path(dataset_id).exists()
        return False
    assert folder.data_path(dataset_id).exists()
    return True


async def test_old_datasets_go_and_young_ones_stay(
    retention: DatasetRetention, folder: DatasetFolder, dataset: Make
) -> None:
    old, young = await dataset(age_seconds=31 * DAY), await dataset(age_seconds=29 * DAY)
    assert await retention.run_once() == Removed(datasets=1)
    assert not await exists(folder, old)
    assert await exists(folder, young)


@pytest.mark.parametrize("state", list(JobState))
async def test_a_dataset_stays_while_an_unfinished_job_names_it(
    state: JobState, retention: DatasetRetention, folder: DatasetFolder, dataset: Make, jobs: JobFactory
) -> None:
    named, other = await dataset(age_seconds=31 * DAY), await dataset(age_seconds=31 * DAY)
    await jobs.in_state(state, datasets=(other, named) if state is JobState.DELAYED else (named,))
    await retention.run_once()
    unfinished = state in (JobState.WAITING, JobState.DELAYED, JobState.ACTIVE)
    assert await exists(folder, named) is unfinished
    assert await exists(folder, other) is (state is JobState.DELAYED)


async def test_a_job_of_an_arq_client_keeps_its_dataset_too(
    retention: DatasetRetention,
    folder: DatasetFolder,
    dataset: Make,
    redis: ArqRedis,
    jobs: JobFactory,
) -> None:
    named = await dataset(age_seconds=31 * DAY)
    data = {"dataset": named}
    await redis.enqueue_job("generate-report", reportType="table", data=data, _queue_name=QUEUE)
    await retention.run_once()
    assert await exists(folder, named)


async def test_a_report_that_names_it_at_the_last_moment_keeps_it(
    folder: DatasetFolder, dataset: Make
) -> None:
    dataset_id = await dataset(age_seconds=31 * DAY)
    before_ms = round((time.time() - 30 * DAY) * 1000)
    assert await folder.expired(before_ms) == [dataset_id]
    await folder.name(dataset_id)
    assert not await folder.expire(dataset_id, before_ms)
    assert await exists(folder, dataset_id)


async def test_what_was_cut_off_goes_after_a_day(
    retention: DatasetRetention, folder: DatasetFolder, dataset: Make
) -> None:
    kept = await dataset(age_seconds=2 * DAY)
    for number, seconds in enumerate((2 * DAY, 60)):
        for path in (
            folder.upload_path(f"{number}" * 32),
            folder.data_path(f"{number}" * 32),
            folder.folder / f"{number}.expiring",
        ):
            path.write_bytes(b"x")
            age(path, seconds)
    assert await retention.run_once() == Removed(leftovers=3)
    assert await exists(folder, kept)
    assert folder.upload_path("1" * 32).is_file()
    assert folder.data_path("1" * 32).is_file()
    assert (folder.folder / "1.expiring").is_file()


async def test_only_the_leading_scheduler_removes_anything(
    redis: ArqRedis, retention: DatasetRetention, folder: DatasetFolder, dataset: Make
) -> None:
    old = await dataset(age_seconds=31 * DAY)
    second = Maintenance(redis, "s2", 2, 1.0, 10.0)
    await second.sweep()
    assert await DatasetRetention(second, DatasetUsers(redis), folder, DAYS).run_once() == Removed()
    assert await exists(folder, old)


async def test_a_folder_that_is_not_there_yet_has_nothing_to_remove(redis: ArqRedis, tmp_path: Path) -> None:
    queue = Maintenance(redis, "s1", 2, 1.0, 10.0)
    await queue.sweep()
    nowhere = DatasetFolder(tmp_path / "nowhere")
    assert await DatasetRetention(queue, DatasetUsers(redis), nowhere, DAYS).run_once() == Removed()
