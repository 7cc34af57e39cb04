"""The names of the keys; `lua/lib/keys.lua` holds the map of what is in each."""

from __future__ import annotations

from typing import Final

QUEUE: Final = "report:queue"
WAKE: Final = "report:wake"
WORKERS: Final = "report:workers"
PAUSED: Final = "report:paused"
VOLUME: Final = "report:volume"
EVENTS: Final = "report:events"
SCHEDULER: Final = "report:scheduler"
ALL_JOBS: Final = "report:index:all"
ALERTS: Final = "report:alerts"
TOTALS: Final = "report:totals"
TEXT: Final = "report:text"
AUDIT: Final = "report:audit"
HISTORY_OPEN: Final = "report:history:open"


def job(job_id: str) -> str:
    """The record, a hash."""
    return f"report:job:{job_id}"


def log(job_id: str) -> str:
    """The timeline, a list."""
    return f"report:log:{job_id}"


def payload(job_id: str) -> str:
    """The payload in arq's layout, a string."""
    return f"arq:job:{job_id}"


def index(state: str) -> str:
    """The jobs in one state, a zset."""
    return f"report:index:{state}"


def worker(worker_id: str) -> str:
    """A worker's presence, a hash that expires without heartbeats."""
    return f"report:worker:{worker_id}"


def inbox(worker_id: str) -> str:
    """Messages for one worker, a stream."""
    return f"report:inbox:{worker_id}"


def facet(name: str, value: str, state: str) -> str:
    """The jobs of a type or a tenant in one state, a zset."""
    return f"report:by:{name}:{value}:{state}"


def history(step: str, start_ms: int) -> str:
    """What happened in one minute, hour or day, a hash."""
    return f"report:history:{step}:{start_ms}"


def text(chunk: int) -> str:
    """A chunk of the search text, a string."""
    return f"report:text:{chunk}"


def deflated_text(chunk: int) -> str:
    """A full chunk of the search text, deflated, a string."""
    return f"report:textz:{chunk}"


def paused_worker(worker_id: str) -> str:
    """Present: that worker takes no more jobs."""
    return f"report:paused:{worker_id}"


def recovery(what: str) -> str:
    """The latest recoveries, a list; `what` is reclaimed or completed."""
    return f"report:recovery:{what}"


def reuse(content_hash: str) -> str:
    """The completed job whose PDF answers every report of that content hash, a string."""
    return f"report:reuse:{content_hash}"
