"""What happens when a job completes, fails or stalls: anyone may add a listener."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from shared.logs import get_logger
from shared.metrics import JOBS_ENDED, JOBS_STALLED, RENDER_SECONDS
from shared.queue.leases import ClaimedJob

log = get_logger("worker")


@dataclass(frozen=True, slots=True)
class Completed:
    """The job's PDF is published."""

    job: ClaimedJob
    report_type: str
    #: the contract's `result`
    result: dict[str, Any]


@dataclass(frozen=True, slots=True)
class AttemptFailed:
    """The attempt ended without a PDF."""

    job: ClaimedJob
    report_type: str
    #: `{type, message, detail}`
    error: dict[str, str]
    #: `failed`, or where the job waits for its next attempt
    state: str


@dataclass(frozen=True, slots=True)
class Stalled:
    """This worker lost the lease of a job that it was running; somebody else may run it now."""

    job: ClaimedJob


Event = Completed | AttemptFailed | Stalled


@dataclass
class Listeners:
    """Calls every listener with every event; one that raises is logged and harms nobody."""

    _listeners: list[Callable[[Event], None]] = field(default_factory=list)

    def add(self, listener: Callable[[Event], None]) -> None:
        """Adds a listener."""
        self._listeners.append(listener)

    def emit(self, event: Event) -> None:
        """Tells all listeners."""
        for listener in self._listeners:
            try:
                listener(event)
            except Exception:
                log.exception("listener failed", listener=repr(listener))


def log_event(event: Event) -> None:
    """A line for each event."""
    job = event.job
    match event:
        case Completed():
            facts = {key: event.result[key] for key in ("fileName", "pages", "renderMs")}
            log.info("job completed", job_id=job.id, attempt=job.attempt, **facts)
        case AttemptFailed():
            log.warning(
                "job failed" if event.state == "failed" else "job will be retried",
                job_id=job.id,
                attempt=job.attempt,
                state=event.state,
                error=event.error["type"],
                reason=event.error["message"],
                **({"detail": event.error["detail"]} if event.error["detail"] else {}),
            )
        case Stalled():
            log.warning("job stalled: its lease is lost", job_id=job.id, attempt=job.attempt)


def count_event(event: Event) -> None:
    """The metrics of each event."""
    match event:
        case Completed():
            JOBS_ENDED.labels(event.report_type, "completed").inc()
            RENDER_SECONDS.labels(event.report_type).observe(event.result["renderMs"] / 1000)
        case AttemptFailed():
            JOBS_ENDED.labels(event.report_type, "failed" if event.state == "failed" else "retried").inc()
        case Stalled():
            JOBS_STALLED.labels("lost").inc()
