"""The names of the keys; `lua/_lib.lua` holds the map of what is in each."""

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


def recovery(what: str) -> str:
    """The latest recoveries, a list; `what` is reclaimed or completed."""
    return f"report:recovery:{what}"
