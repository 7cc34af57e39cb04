"""The duty that removes files which no record names: what stale workers and crashes left behind.

A folder is only cleaned when it belongs to the records in Redis: both hold the same random name, given while
there was no PDF of a job that Redis does not know. Records that were lost, or a second stack on the same
folder, would make every PDF look like an orphan.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass

from shared.errors import StorageUnavailable
from shared.job import Job, JobState
from shared.logs import get_logger
from shared.queue.maintenance import Maintenance
from shared.queue.reads import QueueReads
from shared.storage import OldFile, ReportStorage
from shared.storage.upkeep import new_volume_name

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
    return job.result is None or job.result.get("fileName") != file.name


class Orphans:
    """Cleans one storage; says once why it does not."""

    def __init__(
        self, queue: Maintenance, reads: QueueReads, storage: ReportStorage, age_seconds: float
    ) -> None:
        self._queue, self._reads, self._storage = queue, reads, storage
        self._age_seconds = age_seconds
        self._complained = ""
        #: what a round has not come to yet
        self._pages: AsyncGenerator[Sequence[OldFile], None] | None = None

    async def run_once(self) -> Cleaned:
        """One round over the storage, page by page; over a large one as far as `PAGES`, and the next goes on.

        Raises:
            QueueUnavailable: Redis did not take it.
        """
        if not self._queue.leads:
            await self._begin_anew()
            return Cleaned()
        try:
            if not await self._is_ours():
                await self._begin_anew()
                self._complain("this storage does not belong to the records in redis: see docs/operations.md")
                return Cleaned()
            return await self._clean()
        except (OSError, StorageUnavailable) as error:
            await self._begin_anew()
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

    async def _next_page(self) -> Sequence[OldFile]:
        """Empty at the end; the page after that is the first one."""
        pages = self._pages = self._pages or self._storage.old_files(self._age_seconds)
        try:
            return await anext(pages)
        except StopAsyncIteration:
            self._pages = None
            return ()

    async def _begin_anew(self) -> None:
        """The next page is the first one, and nothing of the storage stays open."""
        pages, self._pages = self._pages, None
        if pages is not None:
            await pages.aclose()

    async def _remove_orphans(self, page: Sequence[OldFile]) -> int:
        jobs = await self._reads.jobs([file.job_id or "" for file in page])
        orphans = [file for file, job in zip(page, jobs, strict=True) if is_orphan(file, job)]
        # of a record that was damaged by hand nobody can tell which file it named
        damaged = await self._reads.have_keys(
            [file.job_id for file, job in zip(page, jobs, strict=True) if job is None and file.job_id]
        )
        return sum([await self._remove(file) for file in orphans if file.job_id not in damaged])

    async def _remove(self, file: OldFile) -> bool:
        try:
            removed = await file.remove_unchanged()
        except OSError as error:  # of this file; a storage that does not answer ends the round
            self._complain(str(error))
            return False
        if removed:
            log.info("orphan file removed", file=file.name)
        return removed

    async def _is_ours(self) -> bool:
        here = await self._storage.volume_name()
        there = await self._queue.volume()
        if here is not None:
            return here == there
        if None in await self._reads.jobs(await self._storage.jobs_with_files()):
            return False
        if there is None:
            there = new_volume_name()
            await self._queue.name_volume(there)
        await self._storage.name_volume(there)
        return True

    def _complain(self, reason: str) -> None:
        if reason != self._complained:
            self._complained = reason
            log.warning("orphan files are not removed", storage=self._storage.place, reason=reason)
