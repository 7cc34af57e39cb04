"""Text search over what was submitted and why it failed.

The text lies in chunks of 2,000 lines that are only ever appended to, so a process keeps the ones it has
read, folded for search, and asks Redis only for the end of the newest. A search is `bytes.rfind` over those:
about 0.1 ms a chunk. Reading one takes some milliseconds, which is done beside the event loop, once for all
who wait for it.
"""

from __future__ import annotations

import asyncio
import math
import re
import zlib
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from arq.connections import ArqRedis

from shared.queue import keys, scripts
from shared.redis import unavailable_on_redis_errors

#: what one process keeps of the text, in bytes: about 800,000 jobs
KEPT_BYTES = 64 * 1024 * 1024
#: chunks that are read at the same time, over all searches
_READ_AT_ONCE = 4
_LEVEL = 6
_ALWAYS_MS = 10**15
#: what ends the id of a line: as submitted, and why it failed; no text holds either
_SUBMITTED, _FAILED = b"\t", b"\x1f"
_ID = re.compile(rb"[^\t\x1f]*")
_CONTROL = dict.fromkeys((*range(32), 127), " ")


@dataclass(frozen=True, slots=True)
class Line:
    """A line that holds the text."""

    #: where it begins in its chunk
    start: int
    job_id: str
    #: why the job failed; else what was submitted
    is_failure: bool


@dataclass(frozen=True, slots=True)
class Chunk:
    """A part of the text, ready for search."""

    #: bytes in Redis when it was read; a full chunk never changes
    length: int
    #: all lines, case folded: an id, what ends it, the text
    folded: bytes
    #: the ids that folding changed, by where their lines begin
    capital: Mapping[int, str]

    def find(self, needle: bytes, before: int | None = None) -> Iterator[Line]:
        """The lines that hold `needle`, last first; those that begin before `before` alone.

        A failure's line is not found by its id: the submitted one is already.
        """
        end = len(self.folded) if before is None else before
        while (at := self.folded.rfind(needle, 0, end)) >= 0:
            start = self.folded.rfind(b"\n", 0, at) + 1
            match = _ID.match(self.folded, start)
            id_end = match.end() if match else start
            is_failure = self.folded[id_end : id_end + 1] == _FAILED
            if not (is_failure and at < id_end):
                job_id = self.capital.get(start) or self.folded[start:id_end].decode()
                yield Line(start, job_id, is_failure)
            end = start

    def start_of(self, job_id: str) -> int | None:
        """Where the line begins that a job was submitted with; None when it is not here."""
        line = job_id.lower().encode() + _SUBMITTED
        if self.folded.startswith(line):
            return 0
        at = self.folded.find(b"\n" + line)
        return at + 1 if at >= 0 else None


def fold(text: str) -> bytes:
    """A text as it is compared."""
    return text.translate(_CONTROL).casefold().encode("utf-8", "replace")


def parse(raw: bytes) -> Chunk:
    """Makes a chunk of its lines `<id> US <kind> US <text>`."""
    lines = raw.replace(b"\x1fs\x1f", _SUBMITTED).replace(b"\x1ff\x1f", _FAILED)
    folded = lines.decode("utf-8", "replace").casefold().encode()
    return Chunk(len(raw), folded, _capital_ids(lines, folded))


def _capital_ids(lines: bytes, folded: bytes) -> dict[int, str]:
    ids = [line.partition(_SUBMITTED)[0].partition(_FAILED)[0] for line in lines.split(b"\n")]
    if b"".join(ids).lower() == b"".join(ids):
        return {}
    found, start = {}, 0
    for job_id, line in zip(ids, folded.split(b"\n"), strict=True):
        if job_id != job_id.lower():
            found[start] = job_id.decode("utf-8", "replace")
        start += len(line) + 1
    return found


class SearchText:
    """The chunks that this process has read."""

    def __init__(self, redis: ArqRedis) -> None:
        self._redis = redis
        self._kept: OrderedDict[int, Chunk] = OrderedDict()
        self._kept_bytes = 0
        self._reading: dict[int, asyncio.Task[Chunk]] = {}
        self._turns = asyncio.Semaphore(_READ_AT_ONCE)

    async def numbers(self, from_ms: int, to_ms: int) -> dict[int, float]:
        """The chunks that may hold lines written from `from_ms` to `to_ms`, newest first.

        Each with the time in ms at which the next one begins; infinity when there is none.
        """
        with unavailable_on_redis_errors():
            found = await self._redis.zrange(keys.TEXT, 0, -1, withscores=True)
        wanted = []
        for at, (number, start) in enumerate(found):
            ends_ms = found[at + 1][1] if at + 1 < len(found) else math.inf
            if start < to_ms + 1 and ends_ms >= from_ms:  # starts have a fraction of the millisecond
                wanted.append((int(number), ends_ms))
        return dict(wanted[::-1])

    def kept(self, number: int) -> Chunk | None:
        """The chunk, if this process has it; the newest one may have grown since."""
        return self._kept.get(number)

    async def chunk(self, number: int, *, may_grow: bool) -> Chunk:
        """A chunk; `may_grow` for the newest one."""
        known = self._kept.get(number)
        if known and (not may_grow or known.length == await self._length(number)):
            if number in self._kept:
                self._kept.move_to_end(number)
            return known
        reading = self._reading.get(number)
        if reading is None:
            reading = asyncio.create_task(self._read(number, may_grow=may_grow))
            self._reading[number] = reading
            reading.add_done_callback(lambda _: self._reading.pop(number, None))
        return await asyncio.shield(reading)

    async def seal_full_chunks(self) -> int:
        """Deflates the chunks that are full; returns how many."""
        sealed = 0
        for number in [*await self.numbers(0, _ALWAYS_MS)][1:]:
            with unavailable_on_redis_errors():
                raw = await self._redis.get(keys.text(number))
            if raw is None:
                break  # older ones are sealed already
            sealed += await self._seal(number, raw)
        return sealed

    async def _read(self, number: int, *, may_grow: bool) -> Chunk:
        async with self._turns:
            with unavailable_on_redis_errors():
                raw, deflated = await self._redis.mget(keys.text(number), keys.deflated_text(number))
            if raw is None:
                chunk = await asyncio.to_thread(_inflated, deflated)
            else:
                chunk = await asyncio.to_thread(parse, raw)
                if not may_grow:
                    await self._seal(number, raw)
        self._keep(number, chunk)
        return chunk

    async def _seal(self, number: int, raw: bytes) -> int:
        deflated = await asyncio.to_thread(zlib.compress, raw, _LEVEL)
        return int(await scripts.run(self._redis, "seal", number, len(raw), deflated))

    def _keep(self, number: int, chunk: Chunk) -> None:
        before = self._kept.pop(number, None)
        self._kept[number] = chunk
        self._kept_bytes += len(chunk.folded) - (len(before.folded) if before else 0)
        while self._kept_bytes > KEPT_BYTES and len(self._kept) > 1:
            _, oldest = self._kept.popitem(last=False)
            self._kept_bytes -= len(oldest.folded)

    async def _length(self, number: int) -> int:
        with unavailable_on_redis_errors():
            return int(await self._redis.strlen(keys.text(number)))


def _inflated(deflated: bytes | None) -> Chunk:
    return parse(zlib.decompress(deflated) if deflated else b"")
