"""Which jobs a list holds and in what order, and from which indexes it is read."""

from __future__ import annotations

import hashlib
from dataclasses import astuple, dataclass
from enum import StrEnum

from shared.errors import FieldError, ValidationFailed
from shared.job import FINISHED_STATES, JobState
from shared.queue import keys

#: beyond every time
_FOREVER = 10**15


class Sort(StrEnum):
    """The order of a list; a minus puts the newest first."""

    NEWEST = "-createdAt"
    OLDEST = "createdAt"
    LAST_FINISHED = "-finishedAt"
    FIRST_FINISHED = "finishedAt"

    @property
    def descending(self) -> bool:
        """Newest first."""
        return self.value.startswith("-")

    @property
    def by_finish(self) -> bool:
        """By the time of the end instead of the beginning."""
        return self.value.endswith("finishedAt")


@dataclass(frozen=True, slots=True)
class JobFilter:
    """What a job must be to be in the list; None: does not matter."""

    state: JobState | None = None
    report_type: str | None = None
    tenant: str | None = None
    worker_id: str | None = None
    #: text in id, title, the beginning of the data, or the reason of a failure; case does not matter
    q: str | None = None
    #: bounds of the time that the list is sorted by, epoch milliseconds, both included
    from_ms: int | None = None
    to_ms: int | None = None

    def default_sort(self) -> Sort:
        """Finished jobs by their finish, where an index has that order; all others by their creation."""
        by_finish = self.state in FINISHED_STATES and not (self.report_type or self.tenant or self.q)
        return Sort.LAST_FINISHED if by_finish else Sort.NEWEST

    def fingerprint(self, sort: Sort) -> str:
        """What binds a cursor to its list."""
        return hashlib.sha256(repr((astuple(self), sort.value)).encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Position:
    """Where a page ended: an index's score and id, or a chunk of the search text and a line in it."""

    at: str
    entry: str


@dataclass(frozen=True, slots=True)
class Plan:
    """From which indexes a list is merged, and what is left to check on each record."""

    indexes: tuple[str, ...]
    #: state, report type, tenant, worker that the records must have; empty: not checked
    checks: tuple[str, str, str, str]
    low: int
    high: float

    @property
    def is_exact(self) -> bool:
        """Every entry of the indexes belongs to the list."""
        return not any(self.checks)


def plan(wanted: JobFilter, sort: Sort) -> Plan:
    """The cheapest way to read a list.

    Raises:
        ValidationFailed: jobs that have not ended can't be sorted by their end.
    """
    if sort.by_finish:
        indexes, checks = _by_finish(wanted)
    elif wanted.tenant or wanted.report_type:
        indexes, checks = _by_facet(wanted)
    else:
        indexes, checks = _by_creation(wanted)
    low = 0 if wanted.from_ms is None else wanted.from_ms
    # scores may have a fraction of the millisecond
    high = _FOREVER if wanted.to_ms is None else wanted.to_ms + 0.999
    return Plan(tuple(indexes), checks, low, high)


def _by_finish(wanted: JobFilter) -> tuple[list[str], tuple[str, str, str, str]]:
    if wanted.state and wanted.state not in FINISHED_STATES:
        raise ValidationFailed([FieldError("sort", f"{wanted.state.value} jobs have not finished")])
    states = [wanted.state] if wanted.state else sorted(FINISHED_STATES)
    checks = ("", wanted.report_type or "", wanted.tenant or "", wanted.worker_id or "")
    return [keys.index(state) for state in states], checks


def _by_facet(wanted: JobFilter) -> tuple[list[str], tuple[str, str, str, str]]:
    states = [wanted.state] if wanted.state else list(JobState)
    worker = wanted.worker_id or ""
    if wanted.tenant:
        indexes = [keys.facet("tenant", wanted.tenant, state) for state in states]
        return indexes, ("", wanted.report_type or "", "", worker)
    return [keys.facet("type", wanted.report_type or "", state) for state in states], ("", "", "", worker)


def _by_creation(wanted: JobFilter) -> tuple[list[str], tuple[str, str, str, str]]:
    worker = wanted.worker_id or ""
    if wanted.state is None:
        return [keys.ALL_JOBS], ("", "", "", worker)
    if wanted.state in FINISHED_STATES:
        return [keys.ALL_JOBS], (wanted.state.value, "", "", worker)
    return [keys.index(wanted.state)], ("", "", "", worker)
