"""The duty that forgets finished jobs when they are old or many, and deletes their PDFs."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from shared.errors import PressroomError
from shared.job import JobState
from shared.logs import get_logger
from shared.queue.maintenance import Maintenance
from shared.settings import Settings
from shared.storage import ReportStorage

log = get_logger("scheduler")

#: files that are deleted at the same time
_AT_ONCE = 8

DAY_MS = 24 * 3600 * 1000


@dataclass(frozen=True, slots=True)
class Limit:
    """How long and how many jobs of a state are kept; None: no limit."""

    age_ms: int | None
    keep: int | None


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What one round did."""

    jobs: int
    files: int


def limits_of(settings: Settings) -> dict[JobState, Limit]:
    """The limits by state."""
    return {
        JobState.COMPLETED: _limit(settings.keep_completed_days, settings.keep_completed_jobs),
        JobState.FAILED: _limit(settings.keep_failed_days, settings.keep_failed_jobs),
        JobState.CANCELLED: _limit(settings.keep_cancelled_days, settings.keep_cancelled_jobs),
    }


async def run_once(queue: Maintenance, storage: ReportStorage, limits: Mapping[JobState, Limit]) -> Forgotten:
    """One round over all states, page by page.

    Raises:
        QueueUnavailable: Redis did not take it.
    """
    jobs = files = 0
    for state, limit in limits.items():
        more = queue.leads
        while more:
            expired = await queue.expire(state, limit.age_ms, limit.keep)
            jobs += expired.jobs
            files += await _delete_all(storage, expired.file_names)
            more = expired.may_be_more
    if jobs:
        log.info("old jobs forgotten", jobs=jobs, files=files)
    return Forgotten(jobs, files)


async def _delete_all(storage: ReportStorage, file_names: Sequence[str]) -> int:
    """Some at a time; how many were deleted. A storage that does not answer is not asked for the rest."""
    deleted = 0
    for at in range(0, len(file_names), _AT_ONCE):
        some = file_names[at : at + _AT_ONCE]
        done = sum(await asyncio.gather(*(_delete(storage, file_name) for file_name in some)))
        if not done:
            break
        deleted += done
    return deleted


async def _delete(storage: ReportStorage, file_name: str) -> bool:
    """The record is gone already, so a file that stays is an orphan, and its duty comes by."""
    try:
        await storage.delete(file_name)
    except (PressroomError, OSError) as error:
        log.warning("file not deleted", file=file_name, reason=str(error))
        return False
    return True


def _limit(days: float, jobs: int) -> Limit:
    return Limit(round(days * DAY_MS) if days else None, jobs or None)
