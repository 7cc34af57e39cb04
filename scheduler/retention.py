"""The duty that forgets finished jobs when they are old or many, and deletes their PDFs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from shared.job import JobState
from shared.logs import get_logger
from shared.queue.maintenance import Maintenance
from shared.settings import Settings
from shared.storage import ReportStorage
from shared.storage.deletions import Deletions

log = get_logger("scheduler")

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
    jobs, deletions = 0, Deletions(storage, log)
    for state, limit in limits.items():
        more = queue.leads
        while more:
            expired = await queue.expire(state, limit.age_ms, limit.keep)
            jobs += expired.jobs
            await deletions.delete_all(expired.file_names)
            more = expired.may_be_more
    if jobs:
        log.info("old jobs forgotten", jobs=jobs, files=deletions.done)
    return Forgotten(jobs, deletions.done)


def _limit(days: float, jobs: int) -> Limit:
    return Limit(round(days * DAY_MS) if days else None, jobs or None)
