"""One action on every job of a list, a part of them per call."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from enum import StrEnum

from dashboard.services import Services
from shared.errors import IllegalTransition, JobNotFound
from shared.job import FINISHED_STATES, JobState
from shared.logs import get_logger
from shared.queue.reads import JobFilter, Position, Sort
from shared.storage.deletions import Deletions

log = get_logger(__name__)

#: one call stops after this long, so that no request runs for minutes; the client goes on by its cursor
BUDGET_SECONDS = 2.0
PAGE = 100
#: actions that wait for Redis at the same time
_AT_ONCE = 20


class BulkAction(StrEnum):
    """What may be done to all jobs of a list."""

    RETRY = "retry"
    CANCEL = "cancel"
    REMOVE = "remove"


#: the states from which each action is allowed
ALLOWED = {
    BulkAction.RETRY: frozenset({JobState.FAILED, JobState.CANCELLED}),
    BulkAction.CANCEL: frozenset({JobState.WAITING, JobState.DELAYED, JobState.ACTIVE}),
    BulkAction.REMOVE: frozenset({*FINISHED_STATES, JobState.WAITING, JobState.DELAYED}),
}


@dataclass(slots=True)
class BulkOutcome:
    """What one call did."""

    #: jobs that matched and were looked at
    matched: int = 0
    #: jobs the action was carried out on; in a dry run: would be
    done: int = 0
    #: jobs that the action is not allowed for, by their state
    skipped: Counter[str] = field(default_factory=Counter)
    #: where the next call goes on; None: all are done
    following: Position | None = None


async def preview(services: Services, action: BulkAction, wanted: JobFilter, sort: Sort) -> BulkOutcome:
    """Counts what `carry_out` would do, as far as the time of a call allows."""
    outcome = BulkOutcome()
    deadline = time.monotonic() + BUDGET_SECONDS
    while True:
        page = await services.reads.select(wanted, sort, outcome.following, PAGE)
        for job in page.jobs:
            outcome.matched += 1
            if job["state"] in ALLOWED[action]:
                outcome.done += 1
            else:
                outcome.skipped[job["state"]] += 1
        outcome.following = page.following
        if page.following is None or time.monotonic() > deadline:
            return outcome


async def carry_out(
    services: Services, action: BulkAction, wanted: JobFilter, sort: Sort, after: Position | None, by: str
) -> BulkOutcome:
    """Acts on the jobs behind `after`, until the last or until the time of a call is over.

    Each job's own script decides, so a job that has moved meanwhile is skipped and never harmed.

    Raises:
        QueueUnavailable: Redis went away; what was done stays done.
    """
    outcome = BulkOutcome(following=after)
    deadline = time.monotonic() + BUDGET_SECONDS
    act = _actor(services, action, by)
    while True:
        ids, outcome.following = await services.reads.ids(wanted, sort, outcome.following, PAGE)
        for first in range(0, len(ids), _AT_ONCE):
            results = await asyncio.gather(*(_try(act, job_id) for job_id in ids[first : first + _AT_ONCE]))
            for refused in results:
                outcome.matched += 1
                if refused is None:
                    outcome.done += 1
                else:
                    outcome.skipped[refused] += 1
        if outcome.following is None or time.monotonic() > deadline:
            return outcome


async def _try(act: Callable[[str], Awaitable[object]], job_id: str) -> str | None:
    """None when it was done, else the state that does not allow it."""
    try:
        await act(job_id)
    except IllegalTransition as error:
        return error.state.split(" ", 1)[0]
    except JobNotFound:
        return "gone"
    return None


def _actor(services: Services, action: BulkAction, by: str) -> Callable[[str], Awaitable[object]]:
    deletions = Deletions(services.storage, log)

    async def remove(job_id: str) -> None:
        removed = await services.commands.remove(job_id)
        if removed.file_name:
            await deletions.delete(removed.file_name)

    async def retry(job_id: str) -> None:
        await services.commands.retry(job_id, by=by)

    async def cancel(job_id: str) -> None:
        await services.commands.cancel(job_id, by=by)

    return {BulkAction.RETRY: retry, BulkAction.CANCEL: cancel, BulkAction.REMOVE: remove}[action]
