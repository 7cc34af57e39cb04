"""Reads the stream of events while it is written, so that trimming and restarts lose nothing."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

from pydantic_core import from_json
from redis.asyncio import Redis
from redis.exceptions import RedisError

from shared.queue import keys
from tests.e2e.faults.history import Event

BLOCK_MS = 200
PAGE = 1000
RETRY_SECONDS = 0.05


class Recorder:
    """Keeps every event, and each job's result as it was when its completion was seen."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._last_id = "0"
        self.events: list[Event] = []
        self.published: dict[str, dict[str, Any]] = {}
        self._unread: set[str] = set()
        self._news = asyncio.Condition()
        self._stopping = False

    async def run(self) -> None:
        """Reads until told to stop; sits out the times when Redis does not answer."""
        while not self._stopping:
            try:
                await self.read(BLOCK_MS)
            except (RedisError, OSError):
                await asyncio.sleep(RETRY_SECONDS)

    async def read(self, block_ms: int | None = None) -> int:
        """Reads what is new; how many events that was."""
        answer = await self._redis.xread({keys.EVENTS: self._last_id}, count=PAGE, block=block_ms)
        entries = answer[0][1] if answer else []
        for raw_id, fields in entries:
            self._keep(_event(raw_id, fields))
        for job_id in list(self._unread):
            if raw := await self._redis.hget(keys.job(job_id), "result"):
                self.published.setdefault(job_id, from_json(raw))
            self._unread.discard(job_id)
        async with self._news:
            self._news.notify_all()
        return len(entries)

    def stop(self) -> None:
        """Ends `run` with its next read."""
        self._stopping = True

    async def finish(self) -> None:
        """Reads to the end of the stream."""
        while await self.read():
            pass

    async def wait_for(self, event: str, job_id: str = "", after: int = 0, seconds: float = 60.0) -> Event:
        """The first such event, the first `after` recorded ones left out."""

        def found() -> Event | None:
            matches = (e for e in self.events[after:] if e.event == event and job_id in ("", e.job_id))
            return next(matches, None)

        async with self._news:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._news.wait_for(lambda: found() is not None), seconds)
        match = found()
        story = self.of(job_id) if job_id else self.events[-20:]
        told = [(e.event, e.job_id, e.worker_id, e.detail) for e in story]
        assert match is not None, f"no {event} of {job_id or 'any job'} within {seconds:g} s; seen: {told}"
        return match

    def of(self, job_id: str) -> list[Event]:
        """A job's events without its progress."""
        return [event for event in self.events if event.job_id == job_id and event.event != "progress"]

    def _keep(self, event: Event) -> None:
        self._last_id = event.id
        self.events.append(event)
        if event.event == "completed":
            self._unread.add(event.job_id)


def _event(raw_id: bytes, fields: dict[bytes, bytes]) -> Event:
    def text(name: str) -> str:
        return fields.get(name.encode(), b"").decode("utf-8", "replace")

    def number(name: str) -> int | None:
        return int(text(name)) if text(name) else None

    return Event(
        id=raw_id.decode(),
        job_id=text("jobId"),
        event=text("event"),
        state=text("state"),
        at_ms=int(text("at") or 0),
        attempt=int(text("attempt") or 0),
        worker_id=text("workerId"),
        detail=text("detail"),
        progress=number("progress"),
        fence=number("fence"),
    )
