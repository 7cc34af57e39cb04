"""Files that no record names are found and removed, and no others."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from arq.connections import ArqRedis

from scheduler.orphans import Cleaned, Orphans
from shared.queue import keys
from shared.queue.leases import Leases
from shared.queue.maintenance import Maintenance
from shared.queue.reads import QueueReads
from shared.storage import LocalStorage, report_file_name, scratch_file_name
from shared.storage.upkeep import old_files
from tests.factories import RESULT, JobFactory

OLD_SECONDS = 3600.0


@pytest.fixture
def orphans(upkeep: Maintenance, reads: QueueReads, storage: LocalStorage) -> Orphans:
    return Orphans(upkeep, reads, storage, OLD_SECONDS)


def old_file(folder: Path, name: str) -> Path:
    path = folder / name
    path.write_bytes(b"%PDF-")
    written = time.time() - OLD_SECONDS - 60
    os.utime(path, (written, written))
    return path


async def test_a_round_looks_at_so_many_files_and_the_next_one_goes_on(
    orphans: Orphans, storage: LocalStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.storage.upkeep.PAGE", 2)
    monkeypatch.setattr("scheduler.orphans.PAGES", 2)
    await orphans.run_once()
    for n in range(9):
        old_file(storage.folder, report_file_name("test", f"of-nobody-{n}", 1))
    assert [(await orphans.run_once()).removed for _ in range(4)] == [4, 4, 1, 0]
    old_file(storage.folder, report_file_name("test", "of-nobody", 1))
    assert (await orphans.run_once()).removed == 1


async def test_old_files_that_no_record_names_are_removed(
    jobs: JobFactory, leases: Leases, orphans: Orphans, storage: LocalStorage
) -> None:
    await orphans.run_once()
    done = await jobs.claimed()
    await leases.complete(done, {**RESULT, "fileName": report_file_name("test", done.id, done.fence)})
    running = await jobs.claimed()
    kept = [
        old_file(storage.folder, report_file_name("test", done.id, done.fence)),
        old_file(storage.folder, report_file_name("test", running.id, running.fence)),
        old_file(storage.scratch, scratch_file_name(running.id, running.fence)),
        old_file(storage.folder, "readme.txt"),
        old_file(storage.folder, ".gitkeep"),
    ]
    removed = [
        old_file(storage.folder, report_file_name("test", done.id, done.fence + 1)),
        old_file(storage.folder, report_file_name("test", "nobody", 1)),
        old_file(storage.scratch, scratch_file_name(done.id, done.fence)),
        old_file(storage.scratch, ".probe-12ab"),
    ]
    young = storage.folder / report_file_name("test", "nobody", 2)
    young.write_bytes(b"%PDF-")
    assert (await orphans.run_once()).removed == len(removed)
    assert all(path.exists() for path in [*kept, young])
    assert not any(path.exists() for path in removed)


async def test_nothing_is_removed_once_the_records_are_lost(
    jobs: JobFactory, orphans: Orphans, storage: LocalStorage, redis: ArqRedis
) -> None:
    await jobs.completed()
    await orphans.run_once()
    file = old_file(storage.folder, report_file_name("test", "known-to-lost-records", 1))
    scheduler = await redis.get(keys.SCHEDULER)
    await redis.flushall()
    await redis.set(keys.SCHEDULER, scheduler)
    assert await orphans.run_once() == Cleaned()
    assert file.exists()


async def test_nothing_is_removed_from_a_folder_that_holds_pdfs_of_another_stack(
    jobs: JobFactory, orphans: Orphans, storage: LocalStorage
) -> None:
    file = old_file(storage.folder, report_file_name("test", "of-another-stack", 1))
    await jobs.completed()
    assert await orphans.run_once() == Cleaned()
    assert file.exists()


async def test_a_file_written_anew_since_it_was_listed_stays(storage: LocalStorage) -> None:
    path = old_file(storage.folder, report_file_name("test", "nobody", 1))
    ((listed,),) = old_files(storage, OLD_SECONDS)
    path.write_bytes(b"%PDF-2")
    assert not listed.delete_unchanged()
    assert path.exists()
