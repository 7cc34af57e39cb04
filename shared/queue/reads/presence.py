"""Who is there: the workers and the scheduler, as their last heartbeats described them."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic_core import from_json

#: a worker that has not been heard of for this long is not listed, in milliseconds
WORKER_SILENCE_MS = 60_000


@dataclass(frozen=True, slots=True)
class WorkerInfo:
    """A worker as its last heartbeat described it."""

    id: str
    pid: int
    host: str
    #: port of its health server
    port: int
    uptime_seconds: float
    #: when that heartbeat came, epoch milliseconds of Redis's clock
    timestamp_ms: int
    concurrency: int
    running: tuple[str, ...]
    #: memory of the worker without its render children
    rss_bytes: int
    #: somebody asked it to take no more jobs
    paused: bool = False


@dataclass(frozen=True, slots=True)
class SchedulerInfo:
    """The scheduler that swept last."""

    id: str
    #: when, epoch milliseconds of Redis's clock
    timestamp_ms: int


def worker_from(worker_id: str, record: dict[bytes, bytes], paused: bool) -> WorkerInfo:
    """Reads the hash `report:worker:<id>`."""
    running = record.get(b"running", b"").decode()
    return WorkerInfo(
        id=worker_id,
        pid=int(record.get(b"pid", 0)),
        host=record.get(b"host", b"").decode(),
        port=int(record.get(b"port", 0)),
        uptime_seconds=float(record.get(b"uptime", 0)),
        timestamp_ms=int(record.get(b"timestamp", 0)),
        concurrency=int(record.get(b"concurrency", 0)),
        running=tuple(running.split(",")) if running else (),
        rss_bytes=int(record.get(b"rss", 0)),
        paused=paused,
    )


def scheduler_from(raw: bytes) -> SchedulerInfo:
    """Reads the text `report:scheduler`."""
    facts = from_json(raw)
    return SchedulerInfo(facts["id"], int(facts["timestamp"]))
