"""The duty that removes files which no record names: what stale workers and crashes left behind.

A folder is only cleaned when it belongs to the records in Redis: both hold the same random name, given while
there was no PDF of a job that Redis does not know. Records that were lost, or a second stack on the same
folder, would make every PDF look like an orphan.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass

from shared.job import Job, JobState
from shared.logs import get_logger
from shared.queue.maintenance import Maintenance
from shared.queue.reads import QueueReads
from shared.storage import LocalStorage, upkeep
from shared.storage.upkeep import OldFile

log = get_logger("scheduler")

#: most pages of files that one round looks at: of a million PDFs all would take most of a processor
PAGES = 20


@dataclass(frozen=True, slots=True)
class Cleaned:
    """What one round did."""

    #: old files looked at
    seen: int = 0
    removed: int = 0


def is_orphan(file: OldFile, job: Job | None) -> bool:
    """Whether a file is of no use, now and later.

    A job's fence only grows. So a file made under another fence, or for a job that does not run, can't be
    published any more; one of a job that runs under its fence may be on its way to being published.
    """
    if job is None:
        return True
    if job.state is JobState.ACTIVE and job.fence == file.fence:
        return False
    if job.state is JobState.COMPLETED and job.result is None:
        return False  # its record was damaged by hand: nobody can tell which file it named
    return job.result is None or job.result.get("fileName") != file.path.name


class Orphans:
    """Cleans one folder; says once why it does not."""

    def __init__(
        self, queue: Maintenance, reads: QueueReads, storage: LocalStorage, age_seconds: float
    ) -> None:
        self._queue, self._reads, self._storage = queue, reads, storage
        self._age_seconds = age_seconds
        self._complained = ""
        #: what a round has not come to yet
        self._pages: Iterator[tuple[OldFile, ...]] | None = None

    async def run_once(self) -> Cleaned:
        """One round over the folder, page by page; over a large one, as far as `PAGES`, and the next goes on.

        Raises:
            QueueUnavailable: Redis did not take it.
        """
        if not self._queue.leads:
            self._pages = None
            return Cleaned()
        try:
            if not await self._is_ours():
                self._pages = None
                self._complain("this folder does not belong to the records in redis: see docs/operations.md")
                return Cleaned()
            return await self._clean()
        except OSError as error:
            self._pages = None
            self._complain(str(error))
            return Cleaned()

    async def _clean(self) -> Cleaned:
        seen = removed = 0
        for _ in range(PAGES):
            page = await self._next_page()
            if not page:
                break
            seen += len(page)
            removed += await self._remove_orphans(page)
        return Cleaned(seen, removed)

    async def _next_page(self) -> tuple[OldFile, ...]:
        """Empty at the end; the page after that is the first one."""
        pages = self._pages = self._pages or upkeep.old_files(self._storage, self._age_seconds)
        page = await asyncio.to_thread(next, pages, ())
        if not page:
            self._pages = None
        return page

    async def _remove_orphans(self, page: tuple[OldFile, ...]) -> int:
        jobs = await self._reads.jobs([file.job_id or "" for file in page])
        orphans = [file for file, job in zip(page, jobs, strict=True) if is_orphan(file, job)]
        # of a record that was damaged by hand nobody can tell which file it named
        damaged = await self._reads.have_keys(
            [file.job_id for file, job in zip(page, jobs, strict=True) if job is None and file.job_id]
        )
        return sum([await self._remove(file) for file in orphans if file.job_id not in damaged])

    async def _remove(self, file: OldFile) -> bool:
        try:
            removed = await asyncio.to_thread(file.delete_unchanged)
        except OSError as error:
            self._complain(str(error))
            return False
        if removed:
            log.info("orphan file removed", file=file.path.name)
        return removed

    async def _is_ours(self) -> bool:
        here = await asyncio.to_thread(upkeep.read_volume_name, self._storage)
        there = await self._queue.volume()
        if here is not None:
            return here == there
        present = await asyncio.to_thread(upkeep.jobs_with_files, self._storage)
        if None in await self._reads.jobs(present):
            return False
        if there is None:
            there = upkeep.new_volume_name()
            await self._queue.name_volume(there)
        await asyncio.to_thread(upkeep.write_volume_name, self._storage, there)
        return True

    def _complain(self, reason: str) -> None:
        if reason != self._complained:
            self._complained = reason
            log.warning("orphan files are not removed", folder=str(self._storage.folder), reason=reason)
