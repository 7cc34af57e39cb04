"""A history in which nothing is wrong, for tests to plant faults in."""

from __future__ import annotations

from typing import Any

from tests.e2e.faults.history import (
    ACKNOWLEDGED,
    LOST,
    REFUSED,
    Call,
    Download,
    Event,
    History,
    Limits,
    StoredFile,
)

SHA = "ab" * 32
WHOLE, FAILED, CANCELLED, REPEATED = "whole", "failed", "cancelled", "repeated"
REFS = {"storm whole": WHOLE, "storm bad": FAILED, "storm cancelled": CANCELLED, "storm repeated": REPEATED}
FILE = f"test-{WHOLE}-f2.pdf"
REPEATED_FILE = f"test-{REPEATED}-f1.pdf"
LIMITS = Limits(poison_limit=2, orphan_seconds=30.0)


def clean() -> History:
    """A job that a lost worker and its successor rendered; one failed, one cancelled, one asked for twice."""
    history = History(seed=7, limits=LIMITS)
    history.requests = {
        "storm whole": {"kind": "slow", "key": True, "maxAttempts": 3},
        "storm bad": {"kind": "bad", "key": False, "maxAttempts": 3},
        "storm cancelled": {"kind": "cancelled", "key": True, "maxAttempts": 3},
        "storm repeated": {"kind": "fast", "key": True, "maxAttempts": 3},
        "storm invalid": {"kind": "invalid", "key": False, "maxAttempts": 3},
    }
    history.calls = [
        *(Call(0.1, "submit", ref, ACKNOWLEDGED, 202, job_id) for ref, job_id in REFS.items()),
        Call(0.05, "submit", "storm repeated", LOST),
        Call(0.2, "submit", "storm invalid", REFUSED, 422),
        Call(0.9, "cancel", "storm cancelled", ACKNOWLEDGED, 200, CANCELLED),
    ]
    history.events = [
        event(WHOLE, "submitted", "waiting"),
        event(WHOLE, "claimed", "active", 1, "w1"),
        event(WHOLE, "progress", "active", 1, "w1", progress=40, fence=1),
        event(WHOLE, "stalled", "active", 1, "w1"),
        event(WHOLE, "claimed", "active", 2, "w2", at_ms=2),
        event(WHOLE, "progress", "active", 2, "w2", progress=10, fence=2),
        event(WHOLE, "progress", "active", 2, "w2", progress=60, fence=2),
        event(WHOLE, "completed", "completed", 2, "w2"),
        event(FAILED, "submitted", "delayed"),
        event(FAILED, "due", "waiting"),
        event(FAILED, "claimed", "active", 1, "w1"),
        event(FAILED, "released", "waiting", 1, "w1"),
        event("", "paused", ""),
        event("", "resumed", ""),
        event(FAILED, "claimed", "active", 1, "w1"),
        event(FAILED, "failed", "failed", 1, "w1"),
        event(CANCELLED, "submitted", "waiting"),
        event(CANCELLED, "claimed", "active", 1, "w1"),
        event(CANCELLED, "cancelled", "cancelled", 1, "w1"),
        event(CANCELLED, "stopped", "cancelled", 1, "w1"),
        event(REPEATED, "submitted", "waiting"),
        event(REPEATED, "claimed", "active", 1, "w2"),
        event(REPEATED, "completed", "completed", 1, "w2"),
    ]
    renumber(history)
    results = {WHOLE: result(FILE), REPEATED: result(REPEATED_FILE)}
    history.published = {job_id: dict(found) for job_id, found in results.items()}
    history.documents = {
        WHOLE: document("storm whole", "completed", 2, result=results[WHOLE]),
        FAILED: document("storm bad", "failed", 1, failedReason="no", error={"type": "ValueError"}),
        CANCELLED: document("storm cancelled", "cancelled", 1),
        REPEATED: document("storm repeated", "completed", 1, result=results[REPEATED]),
    }
    history.leftovers = {"report:queue": [], "report:index:active": []}
    history.files = [
        StoredFile(FILE, 900, SHA, 60.0, 1),
        StoredFile(REPEATED_FILE, 900, SHA, 60.0, 1),
        StoredFile(f"test-{WHOLE}-f1.pdf", 900, SHA, 5.0, 1),
    ]
    history.scratch = {".tmp/whole.1.pdf": 3.0}
    history.downloads = [Download(WHOLE, "dashboard", 200, SHA), Download(WHOLE, "worker", 200, SHA)]
    history.faults = [{"kind": "worker-killed", "at": 1.0, "seconds": 0.0, "note": "worker-1"}]
    return history


def event(job_id: str, name: str, state: str, attempt: int = 0, worker: str = "", **more: Any) -> Event:
    """One entry of the stream; `renumber` gives it its id."""
    at_ms, detail = more.pop("at_ms", 1), more.pop("detail", "")
    return Event("", job_id, name, state, at_ms, attempt, worker, detail, **more)


def renumber(history: History) -> None:
    """Gives the events their ids, in order."""
    history.events = [
        Event(f"{n}-0", *(getattr(e, name) for name in Event.__slots__[1:]))
        for n, e in enumerate(history.events, start=1)
    ]
    history.stream_ids = [e.id for e in history.events]


def insert(history: History, new: Event, after: str, job_id: str) -> None:
    """Puts an event behind the last one of that name of that job."""
    at = max(n for n, e in enumerate(history.events) if (e.event, e.job_id) == (after, job_id))
    history.events.insert(at + 1, new)
    renumber(history)


def document(title: str, state: str, attempts: int, **more: Any) -> dict[str, Any]:
    """What the producer says of a job."""
    return {
        "title": title,
        "state": state,
        "attempts": attempts,
        "maxAttempts": 3,
        "result": None,
        "failedReason": None,
        "error": None,
        **more,
    }


def result(file_name: str) -> dict[str, Any]:
    """What a worker recorded of a PDF."""
    return {"fileName": file_name, "sha256": SHA, "fileSize": 900, "pages": 1, "processedAt": 5}
