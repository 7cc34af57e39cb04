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
from shared.storage.upkeep import VOLUME_FILE, OldFile, old_files
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


def of_nobody(storage: LocalStorage, count: int) -> list[Path]:
    """Old files of jobs that there are not."""
    return [old_file(storage.folder, report_file_name("test", f"of-nobody-{n}", 1)) for n in range(count)]


async def test_a_round_looks_at_so_many_files_and_the_next_one_goes_on(
    orphans: Orphans, storage: LocalStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.storage.upkeep.PAGE", 2)
    monkeypatch.setattr("scheduler.orphans.PAGES", 2)
    await orphans.run_once()
    of_nobody(storage, 9)
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
    ((listed,),) = old_files((storage.folder, storage.scratch), OLD_SECONDS)
    path.write_bytes(b"%PDF-2")
    assert not listed.delete_unchanged()
    assert path.exists()


@pytest.mark.parametrize("damage", ["record", "state"])
async def test_the_pdf_of_a_record_that_cannot_be_read_stays(
    jobs: JobFactory, leases: Leases, orphans: Orphans, storage: LocalStorage, redis: ArqRedis, damage: str
) -> None:
    await orphans.run_once()
    job = await jobs.claimed()
    name = report_file_name("test", job.id, job.fence)
    await leases.complete(job, {**RESULT, "fileName": name})
    file = old_file(storage.folder, name)
    if damage == "state":
        await redis.hset(keys.job(job.id), "state", "x")
    else:
        await redis.delete(keys.job(job.id))
        await redis.set(keys.job(job.id), "x")
    assert (await orphans.run_once()).removed == 0
    assert file.exists()


async def test_a_folder_that_took_the_place_of_ours_is_left_alone(
    orphans: Orphans, storage: LocalStorage
) -> None:
    await orphans.run_once()
    storage.folder.rename(storage.folder.with_name("moved"))
    storage.prepare()
    file = old_file(storage.folder, report_file_name("test", "of-another-stack", 1))
    assert await orphans.run_once() == Cleaned()
    assert file.exists()


async def test_a_folder_that_is_not_ours_any_more_is_let_go(
    orphans: Orphans, storage: LocalStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.storage.upkeep.PAGE", 2)
    monkeypatch.setattr("scheduler.orphans.PAGES", 1)
    await orphans.run_once()
    of_nobody(storage, 6)
    assert (await orphans.run_once()).removed == 2
    (storage.folder / VOLUME_FILE).write_text("other\n")
    assert await orphans.run_once() == Cleaned()
    assert storage.folder not in [
        link.readlink() for link in Path("/proc/self/fd").iterdir() if link.exists()
    ]


async def test_a_file_that_cannot_be_removed_keeps_no_other(
    orphans: Orphans, storage: LocalStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    await orphans.run_once()
    files = of_nobody(storage, 4)
    remove = OldFile.delete_unchanged

    def refuse(file: OldFile) -> bool:
        if file.path == files[0]:
            raise PermissionError("no")
        return remove(file)

    monkeypatch.setattr(OldFile, "delete_unchanged", refuse)
    assert (await orphans.run_once()).removed == 3
    assert [file.exists() for file in files] == [True, False, False, False]
