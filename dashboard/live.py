"""Live changes: one reader of the stream per process, any number of browsers."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterable
from typing import Any, Final

import orjson

from shared.errors import QueueUnavailable
from shared.job import JobState
from shared.logs import get_logger
from shared.queue.reads import QueueReads
from shared.queue.reads.events import Event, EventStream

log = get_logger(__name__)

#: a comment this often keeps proxies from closing an idle stream and finds browsers that are gone, in s
HEARTBEAT_SECONDS: Final = 15.0
#: changes are gathered for this long and sent as one message, in seconds
GATHER_SECONDS: Final = 0.2
#: messages a browser may be behind before its stream is closed; it comes back and resumes
MAX_BEHIND: Final = 64
#: how soon a browser whose stream has ended comes back, in milliseconds
RETRY_MS: Final = 2000
_BLOCK_MS: Final = 10_000
_RETRY_SECONDS: Final = 1.0
_GONE: Final = b""


class Hub:
    """Hands every change to every browser that listens."""

    def __init__(self, stream: EventStream, reads: QueueReads) -> None:
        self._stream, self._reads = stream, reads
        self._listeners: set[asyncio.Queue[bytes]] = set()
        self._reader: asyncio.Task[None] | None = None

    @property
    def listeners(self) -> int:
        """How many browsers listen."""
        return len(self._listeners)

    def end_streams(self) -> None:
        """Ends all streams, so that the server can end."""
        for queue in self._listeners:
            _end(queue)

    async def close(self) -> None:
        """Ends the reader too."""
        self.end_streams()
        if self._reader is not None:
            self._reader.cancel()
            await asyncio.gather(self._reader, return_exceptions=True)

    async def follow(self, last_event_id: str | None) -> AsyncIterator[bytes]:
        """The frames of one stream, beginning with what was missed since `last_event_id`.

        Raises:
            QueueUnavailable: at the beginning only.
        """
        queue: asyncio.Queue[bytes] = asyncio.Queue(MAX_BEHIND + 1)
        self._listeners.add(queue)
        try:
            beginning, read_from = await self._beginning(last_event_id)
            self._start(read_from)
            yield beginning
            while True:
                try:
                    frame = await asyncio.wait_for(queue.get(), HEARTBEAT_SECONDS)
                except TimeoutError:
                    frame = b": still here\n\n"
                if frame == _GONE:
                    return
                yield frame
        finally:
            self._listeners.discard(queue)

    async def _beginning(self, last_event_id: str | None) -> tuple[bytes, str]:
        """The first frame, and the event behind which the next ones come."""
        missed = await self._stream.since(last_event_id) if last_event_id else None
        if missed is None:
            last = await self._stream.last_id()
            return frame("reset" if last_event_id else "hello", {}, last, retry_ms=RETRY_MS), last
        last = missed[-1].id if missed else str(last_event_id)
        body = {"changes": collapse(missed), "counts": None}
        return frame("changes", body, last, retry_ms=RETRY_MS), last

    def _start(self, read_from: str) -> None:
        """Starts the reader for the first browser; it ends some time after the last one has gone."""
        if self._reader is None or self._reader.done():
            self._reader = asyncio.create_task(self._read(read_from))

    async def _read(self, last_id: str) -> None:
        while self._listeners:
            try:
                events = await self._stream.wait(last_id, _BLOCK_MS)
                if not events:
                    continue
                body = {"changes": collapse(events), "counts": as_numbers(await self._reads.counts())}
                last_id = events[-1].id
                self._send(frame("changes", body, last_id))
                await asyncio.sleep(GATHER_SECONDS)
            except QueueUnavailable:
                self._send(frame("redis-down", {}, None))
                await asyncio.sleep(_RETRY_SECONDS)

    def _send(self, message: bytes) -> None:
        for queue in list(self._listeners):
            if queue.qsize() >= MAX_BEHIND:
                log.info("stream closed: the browser does not keep up")
                self._listeners.discard(queue)
                _end(queue)
            else:
                queue.put_nowait(message)


def _end(queue: asyncio.Queue[bytes]) -> None:
    with contextlib.suppress(asyncio.QueueFull):
        queue.put_nowait(_GONE)


def collapse(events: Iterable[Event]) -> list[dict[str, Any]]:
    """The changes in order, with only the last of several progress reports of a job."""
    kept: dict[str, dict[str, Any]] = {}
    for event in events:
        body = event.as_json()
        key = f"progress {body['jobId']}" if body["event"] == "progress" else event.id
        kept.pop(key, None)
        kept[key] = body
    return list(kept.values())


def as_numbers(counts: dict[JobState, int]) -> dict[str, int]:
    """Counts by state, as the API sends them."""
    return {state.value: size for state, size in counts.items()}


def frame(kind: str, body: dict[str, Any], event_id: str | None, *, retry_ms: int | None = None) -> bytes:
    """A message of the event-stream format (WHATWG HTML, server-sent events)."""
    lines = [b"event: " + kind.encode()]
    if event_id is not None:
        lines.append(b"id: " + event_id.encode())
    if retry_ms is not None:
        lines.append(f"retry: {retry_ms}".encode())
    lines.append(b"data: " + orjson.dumps(body))
    return b"\n".join(lines) + b"\n\n"
