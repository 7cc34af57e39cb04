"""Text search over what was submitted and why it failed.

The text lies in chunks of 2,000 lines that are only ever appended to, so a process keeps the ones it has
read, folded for search, and asks Redis only for the end of the newest. A search is `bytes.find` over those.
"""

from __future__ import annotations

import zlib
from array import array
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass

from arq.connections import ArqRedis

from shared.queue import keys, scripts
from shared.redis import unavailable_on_redis_errors

#: chunks one process keeps; each has up to 2,000 lines and takes about 0.5 MB
KEPT_CHUNKS = 64
_UNIT = b"\x1f"
_ALWAYS_MS = 10**15


@dataclass(frozen=True, slots=True)
class Chunk:
    """A part of the text, ready for search."""

    #: bytes in Redis when it was read; a full chunk never changes
    length: int
    ids: list[str]
    #: `s`: the line as submitted; `f`: why it failed
    kinds: bytes
    #: all lines, case folded
    folded: bytes
    #: where each line begins in `folded`
    offsets: array[int]

    def find(self, needle: bytes) -> Iterator[int]:
        """The lines that hold `needle`, last first."""
        end = len(self.folded)
        while (at := self.folded.rfind(needle, 0, end)) >= 0:
            line = bisect_right(self.offsets, at) - 1
            yield line
            end = self.offsets[line]


@dataclass(frozen=True, slots=True)
class Hit:
    """A line that holds the text."""

    chunk: int
    line: int
    job_id: str


def fold(text: str) -> bytes:
    """A text as it is compared."""
    return text.casefold().encode("utf-8", "replace").replace(b"\n", b" ")


def parse(raw: bytes) -> Chunk:
    """Makes a chunk of its lines. A failure's line is not found by its id: the submitted one is already."""
    ids: list[str] = []
    kinds = bytearray()
    parts: list[bytes] = []
    offsets = array("I")
    length = 0
    for line in raw.split(b"\n")[:-1]:
        job_id, kind, text = line.split(_UNIT, 2)
        ids.append(job_id.decode())
        kinds += kind
        searched = text.decode("utf-8", "replace").casefold().encode()
        part = (job_id.lower() + b"\t" if kind == b"s" else b"") + searched + b"\n"
        parts.append(part)
        offsets.append(length)
        length += len(part)
    return Chunk(len(raw), ids, bytes(kinds), b"".join(parts), offsets)


class SearchText:
    """The chunks that this process has read."""

    def __init__(self, redis: ArqRedis) -> None:
        self._redis = redis
        self._kept: OrderedDict[int, Chunk] = OrderedDict()

    async def numbers(self, from_ms: int, to_ms: int) -> list[int]:
        """The chunks that may hold lines written from `from_ms` to `to_ms`, newest first."""
        with unavailable_on_redis_errors():
            found = await self._redis.zrange(keys.TEXT, 0, -1, withscores=True)
        kept = []
        for at, (number, start) in enumerate(found):
            ended = found[at + 1][1] if at + 1 < len(found) else float("inf")
            if start <= to_ms and ended >= from_ms:
                kept.append(int(number))
        return kept[::-1]

    async def chunk(self, number: int, *, may_grow: bool) -> Chunk:
        """A chunk; `may_grow` for the newest one."""
        known = self._kept.get(number)
        if known and (not may_grow or known.length == await self._length(number)):
            self._kept.move_to_end(number)
            return known
        with unavailable_on_redis_errors():
            raw, deflated = await self._redis.mget(keys.text(number), keys.deflated_text(number))
        if raw is None and deflated is not None:
            raw = zlib.decompress(deflated)
        elif raw is not None and not may_grow:
            await scripts.run(self._redis, "seal", number, len(raw), zlib.compress(raw, 6))
        chunk = parse(raw or b"")
        self._kept[number] = chunk
        while len(self._kept) > KEPT_CHUNKS:
            self._kept.popitem(last=False)
        return chunk

    async def seal_full_chunks(self) -> int:
        """Deflates the chunks that are full; returns how many."""
        sealed = 0
        for number in (await self.numbers(0, _ALWAYS_MS))[1:]:
            with unavailable_on_redis_errors():
                raw = await self._redis.get(keys.text(number))
            if raw is None:
                break  # older ones are sealed already
            sealed += await scripts.run(self._redis, "seal", number, len(raw), zlib.compress(raw, 6))
        return sealed

    async def _length(self, number: int) -> int:
        with unavailable_on_redis_errors():
            return int(await self._redis.strlen(keys.text(number)))
