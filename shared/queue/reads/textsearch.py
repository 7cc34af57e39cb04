"""Finds the jobs of one page of a text search."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import takewhile

from arq.connections import ArqRedis

from shared.queue import keys
from shared.queue.reads.documents import timeline_from
from shared.queue.reads.filters import JobFilter, Position
from shared.queue.reads.found import Found
from shared.queue.reads.search import Line, SearchText, fold
from shared.redis import unavailable_on_redis_errors, unless_of_another_kind

#: one call stops looking after this long, in seconds; its page is then shorter, and the next one goes on
SEARCH_SECONDS = 0.5
#: how many are counted for a total; beyond them it is projected
MAX_COUNTED = 2_000
#: records that are looked at in one round trip
_BATCH = 100
#: chunks that are searched before others get their turn on the event loop
_CHUNKS_PER_TURN = 8
_FIELDS = ["state", "reportType", "tenant", "workerId", "createdAt"]
#: how much of a failure's reason is searchable, in bytes: `MAX_TEXT` in `lua/lib/searchtext.lua`
_MAX_REASON = 240
_ALWAYS_MS = 10**15


@dataclass(frozen=True, slots=True)
class Hit:
    """A line that holds the text."""

    chunk: int
    line: Line

    @property
    def position(self) -> Position:
        """What a search that goes on behind it names."""
        return Position(str(self.chunk), str(self.line.start))


@dataclass(slots=True)
class _Search:
    """One call."""

    wanted: JobFilter
    needle: bytes
    after: Position | None
    #: the chunks of the time that is searched, newest first, with their ends in ms
    numbers: Mapping[int, float]
    deadline: float
    #: the first job after that time, if there is one: the text that is searched ends before its line
    first_after: str
    #: and when that is, in ms
    ends_ms: float
    #: behind which hit or chunk the next call goes on, once time is over
    stopped_at: Position | None = None


class TextSearch:
    """Searches the text from its end to its beginning; a job that failed is found where it failed, too."""

    def __init__(self, redis: ArqRedis) -> None:
        self._redis = redis
        self._text = SearchText(redis)

    async def find(self, wanted: JobFilter, after: Position | None, limit: int, *, count: bool) -> Found:
        """One page. Without `count` the total is 0."""
        numbers = await self._text.numbers(wanted.from_ms or 0, wanted.to_ms or _ALWAYS_MS)
        deadline = time.monotonic() + SEARCH_SECONDS
        first_after, ends_ms = await self._first_after(wanted.to_ms)
        ends_ms = min(ends_ms, max(numbers.values(), default=math.inf))
        search = _Search(wanted, fold(wanted.q or ""), after, numbers, deadline, first_after, ends_ms)
        hits = self._hits(search)
        ids: list[str] = []
        looked = 0
        following: Position | None = None
        batch = await _some(hits, limit)
        while batch and len(ids) < limit:
            fitting = await self._fitting(search, batch)
            while batch and len(ids) < limit:
                hit = batch.pop(0)
                looked, following = looked + 1, hit.position
                if hit in fitting and hit.line.job_id not in ids:
                    ids.append(hit.line.job_id)
            batch = batch or await _some(hits, 1 if len(ids) == limit else _BATCH)
        if not batch:  # all were looked at, or time is over
            following = search.stopped_at
        if following is None and after is None:
            return Found(ids, None, len(ids), total_is_exact=True)
        total = round(self._counted(search) * len(ids) / looked) if count and looked else 0
        return Found(ids, following, total, total_is_exact=False)

    async def _hits(self, search: _Search) -> AsyncIterator[Hit]:
        start, before = (int(search.after.at), int(search.after.entry)) if search.after else (None, None)
        newest = max(search.numbers, default=0)
        pending = [number for number in search.numbers if start is None or number <= start]
        for turn, number in enumerate(pending):
            if turn and time.monotonic() > search.deadline:
                search.stopped_at = Position(str(number), str(10**12))
                return
            if turn % _CHUNKS_PER_TURN == _CHUNKS_PER_TURN - 1:
                await asyncio.sleep(0)
            chunk = await self._text.chunk(number, may_grow=number == newest)
            if number != start:
                before = chunk.start_of(search.first_after) if turn == 0 and search.first_after else None
            for line in chunk.find(search.needle, before):
                yield Hit(number, line)

    async def _first_after(self, to_ms: int | None) -> tuple[str, float]:
        """The first job that was made after `to_ms`, and when; an empty id when there is none."""
        if to_ms is None:
            return "", math.inf
        with unavailable_on_redis_errors():
            found = await self._redis.zrangebyscore(
                keys.ALL_JOBS, to_ms + 0.9995, "+inf", 0, 1, withscores=True
            )
        return (found[0][0].decode("utf-8", "replace"), found[0][1]) if found else ("", math.inf)

    def _counted(self, search: _Search) -> float:
        """About how often the text is there: counted in the chunks that are at hand."""
        times = looked = 0
        for number in search.numbers:
            chunk = self._text.kept(number)
            if chunk is not None:
                looked += 1
                times += chunk.folded.count(search.needle)
            if times >= MAX_COUNTED:
                break
        return times * len(search.numbers) / looked if looked else 0.0

    async def _fitting(self, search: _Search, hits: Iterable[Hit]) -> set[Hit]:
        """The hits whose jobs are still there, fit the rest of the filter, and are listed at this place."""
        found = [*hits]
        with unavailable_on_redis_errors():
            async with self._redis.pipeline(transaction=False) as pipe:
                for hit in found:
                    pipe.hmget(keys.job(hit.line.job_id), _FIELDS)
                    pipe.lrange(keys.log(hit.line.job_id), 0, -1)
                raw = await pipe.execute(raise_on_error=False)
            answers = [unless_of_another_kind(answer) or [] for answer in raw]
        return {
            hit
            for hit, record, log in zip(found, answers[::2], answers[1::2], strict=True)
            if record and fits(search.wanted, record) and not self._is_listed_before(search, hit, log)
        }

    def _is_listed_before(self, search: _Search, hit: Hit, log: Iterable[bytes]) -> bool:
        """Whether a later line of the same job, about a failure, holds the text too."""
        failures = [at_ms for at_ms in _failures(log, search.needle) if at_ms + 1 <= search.ends_ms]
        if not hit.line.is_failure:
            return bool(failures)
        if len(failures) < 2:
            return False
        if max(failures) > search.numbers[hit.chunk]:
            return True
        chunk = self._text.kept(hit.chunk)
        later = takewhile(
            lambda line: line.start > hit.line.start, chunk.find(search.needle) if chunk else ()
        )
        return any(line.is_failure and line.job_id == hit.line.job_id for line in later)


async def _some(hits: AsyncIterator[Hit], most: int) -> list[Hit]:
    found: list[Hit] = []
    while len(found) < most and (hit := await anext(hits, None)) is not None:
        found.append(hit)
    return found


def _failures(log: Iterable[bytes], needle: bytes) -> Iterator[int]:
    """When the job failed for reasons that hold the text, in ms."""
    for line in timeline_from(log):
        reason = line.detail.encode()[:_MAX_REASON].decode("utf-8", "replace")
        if line.event == "failed" and needle in fold(reason):
            yield line.at_ms


def fits(wanted: JobFilter, record: list[bytes | None]) -> bool:
    """Whether a record's state, type, tenant, worker and time of creation are those that are wanted."""
    state, report_type, tenant, worker_id, created = (
        (value or b"").decode("utf-8", "replace") for value in record
    )
    pairs = (
        (wanted.state, state),
        (wanted.report_type, report_type),
        (wanted.tenant, tenant),
        (wanted.worker_id, worker_id),
    )
    if not state or any(value is not None and value != has for value, has in pairs):
        return False
    low, high = wanted.from_ms, wanted.to_ms
    made = int(created) if created.isascii() and created.isdigit() else 0
    return (low is None or made >= low) and (high is None or made <= high)
