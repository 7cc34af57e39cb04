"""The job: its states, the transitions allowed between them, and the record as Redis holds it."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final

from pydantic_core import from_json

JOB_NAME: Final = "generate-report"

#: What a job id may look like: safe in a URL's path and in a file's name. The same rule is in
#: `shared/queue/lua/lib/strangers.lua`.
JOB_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:~-]{0,127}", re.ASCII)


class JobState(StrEnum):
    """The states of a job, in the queue's own words. *Stalled* is a condition of `active`, not a state."""

    #: may be claimed now
    WAITING = "waiting"
    #: may be claimed at `availableAt`: asked for later, or waiting for its next attempt
    DELAYED = "delayed"
    #: owned by one worker until its lease ends
    ACTIVE = "active"
    #: its PDF is published
    COMPLETED = "completed"
    #: ended without a PDF; `failedReason` says why
    FAILED = "failed"
    #: ended because somebody asked for it
    CANCELLED = "cancelled"


class Action(StrEnum):
    """What moves a job; each is one Lua script of the same name (`sweep` makes `stall` and `promote`)."""

    CLAIM = "claim"
    COMPLETE = "complete"
    FAIL = "fail"
    RELEASE = "release"
    CANCEL = "cancel"
    RETRY = "retry"
    STALL = "stall"
    PROMOTE = "promote"
    REMOVE = "remove"


_S = JobState

#: Every allowed move: (state, action) → the states it may lead to. REMOVE leads nowhere: the record is gone.
TRANSITIONS: Final[Mapping[tuple[JobState, Action], frozenset[JobState]]] = {
    (_S.WAITING, Action.CLAIM): frozenset({_S.ACTIVE}),
    (_S.WAITING, Action.CANCEL): frozenset({_S.CANCELLED}),
    (_S.WAITING, Action.REMOVE): frozenset(),
    (_S.DELAYED, Action.CLAIM): frozenset({_S.ACTIVE}),
    (_S.DELAYED, Action.PROMOTE): frozenset({_S.WAITING}),
    (_S.DELAYED, Action.CANCEL): frozenset({_S.CANCELLED}),
    (_S.DELAYED, Action.REMOVE): frozenset(),
    (_S.ACTIVE, Action.COMPLETE): frozenset({_S.COMPLETED}),
    (_S.ACTIVE, Action.FAIL): frozenset({_S.WAITING, _S.DELAYED, _S.FAILED}),
    (_S.ACTIVE, Action.RELEASE): frozenset({_S.WAITING}),
    (_S.ACTIVE, Action.CANCEL): frozenset({_S.CANCELLED}),
    (_S.ACTIVE, Action.STALL): frozenset({_S.WAITING, _S.FAILED}),
    (_S.COMPLETED, Action.REMOVE): frozenset(),
    (_S.FAILED, Action.RETRY): frozenset({_S.WAITING}),
    (_S.FAILED, Action.REMOVE): frozenset(),
    (_S.CANCELLED, Action.RETRY): frozenset({_S.WAITING}),
    (_S.CANCELLED, Action.REMOVE): frozenset(),
}

#: The states in which a job has ended.
FINISHED_STATES: Final = frozenset({_S.COMPLETED, _S.FAILED, _S.CANCELLED})


def may(state: JobState, action: Action) -> bool:
    """Whether `action` is allowed in `state`."""
    return (state, action) in TRANSITIONS


@dataclass(frozen=True, slots=True)
class JobSpec:
    """What a client asked for: everything that makes a job except its id's Redis state."""

    #: chosen by the producer; also names the job in URLs and file names
    job_id: str
    #: one of `shared.reports.REPORT_TYPES`
    report_type: str
    #: the report's data, already validated
    data: Any
    #: printed as the report's title; None: the type's own
    title: str | None = None
    #: whose job it is; empty: nobody's in particular
    tenant: str = ""
    #: 0 is claimed first, 9 last
    priority: int = 5
    #: not before this long from now, in milliseconds of Redis's clock
    delay_ms: int = 0
    #: not before this time, in epoch milliseconds; wins over `delay_ms`
    run_at_ms: int | None = None
    #: how many times the job may be started
    max_attempts: int = 3
    #: how long one attempt may take
    timeout_seconds: float = 300.0
    #: the HTTP request it came from
    request_id: str = ""
    #: the client's key for "this request, once"; empty: none
    idempotency_key: str = ""
    #: what the key stands for: a hash of the request's meaning
    body_hash: str = ""
    #: ids of the datasets that the data names; they are kept while the job is unfinished
    datasets: tuple[str, ...] = ()
    #: told of the job's end: JSON {url, secret}; empty: nobody. The secret is never shown
    webhook: str = field(default="", repr=False)
    #: what it shares with reports of the same content and tenant, hexadecimal digits; empty: it is not reused
    reuse_hash: str = ""
    #: how long its PDF may be the answer to such reports, in seconds from its completion
    reuse_seconds: int = 0
    #: of the datasets that the data names, all together
    dataset_rows: int = 0
    #: JSON of an object with exactly this type, data and title, if it is at hand; it is stored as it is
    options_text: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class Job:
    """One job's record. Times are epoch milliseconds of Redis's clock."""

    id: str
    report_type: str
    title: str | None
    tenant: str
    state: JobState
    #: percent of the current attempt, 0–100
    progress: int
    #: what the current attempt is doing
    stage: str
    #: attempts started so far; a hand-back at shutdown is not counted
    attempts: int
    max_attempts: int
    priority: int
    timeout_seconds: float
    created_at_ms: int
    available_at_ms: int
    started_at_ms: int | None
    finished_at_ms: int | None
    worker_id: str | None
    #: grows with every claim; a write that names another fence is refused
    fence: int
    #: how often a worker was lost under this job
    stalls: int
    result: dict[str, Any] | None
    failed_reason: str | None
    error: dict[str, Any] | None
    request_id: str | None
    #: it may take only some of a worker's slots
    is_large: bool = False
    name: str = JOB_NAME

    @classmethod
    def from_record(cls, job_id: str, record: Mapping[bytes, bytes]) -> Job:
        """Reads the hash `report:job:<id>`. A field that was damaged by hand counts as one that is not there.

        Raises:
            ValueError: it tells no state, so it is no record.
        """

        def text(field: str) -> str:
            return record.get(field.encode(), b"").decode("utf-8", "replace")

        def real(field: str, default: float) -> float:
            try:
                value = float(record.get(field.encode()) or default)
            except ValueError:
                return default
            return value if math.isfinite(value) else default

        def number(field: str, default: int = 0) -> int:
            return int(real(field, default))

        def optional_number(field: str) -> int | None:
            return number(field) if record.get(field.encode()) else None

        return cls(
            id=job_id,
            report_type=text("reportType"),
            title=text("title") or None,
            tenant=text("tenant"),
            state=JobState(text("state")),
            progress=number("progress"),
            stage=text("stage"),
            attempts=number("attempts"),
            max_attempts=number("maxAttempts", 3),
            priority=number("priority", 5),
            timeout_seconds=real("timeoutSeconds", 300.0),
            created_at_ms=number("createdAt"),
            available_at_ms=number("availableAt"),
            started_at_ms=optional_number("startedAt"),
            finished_at_ms=optional_number("finishedAt"),
            worker_id=text("workerId") or None,
            fence=number("fence"),
            stalls=number("stalls"),
            result=result_from(record.get(b"result")),
            failed_reason=text("failedReason") or None,
            error=_mapping(record.get(b"error")),
            request_id=text("requestId") or None,
            is_large=bool(text("large")),
        )


#: what a result must have for anybody to use it, and of what type
_RESULT_TYPES = {"fileName": str, "sha256": str, "fileSize": int, "pages": int}


def result_from(recorded: bytes | None) -> dict[str, Any] | None:
    """A record's result; None where there is none, or none that can be used: it was damaged by hand."""
    result = _mapping(recorded) or {}
    whole = all(isinstance(result.get(name), kind) for name, kind in _RESULT_TYPES.items())
    return result if whole else None


def _mapping(recorded: bytes | None) -> dict[str, Any] | None:
    try:
        value = from_json(recorded or "null")
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


_BEGIN_OF_1_MS, _END_OF_9999_MS = -62_135_596_800_000, 253_402_300_799_000


def rfc3339(epoch_ms: int | None) -> str | None:
    """Epoch milliseconds as an RFC 3339 UTC string with milliseconds, or None for None.

    RFC 3339 ends with the year 9999: a later time, which an arq client may ask for, is shown as its end, and
    one before the year 1, which only a damaged record has, as its begin.
    """
    if epoch_ms is None:
        return None
    moment = datetime.fromtimestamp(max(_BEGIN_OF_1_MS, min(epoch_ms, _END_OF_9999_MS)) / 1000, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def eta_seconds(job: Job, now_ms: int) -> float | None:
    """Seconds until a running job is done, extrapolated from its progress so far; None when unknown."""
    if job.state is not JobState.ACTIVE or job.progress <= 0 or job.started_at_ms is None:
        return None
    elapsed_ms = max(0, now_ms - job.started_at_ms)
    return round(elapsed_ms * (100 - job.progress) / job.progress / 1000, 1)
