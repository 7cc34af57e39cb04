"""Finds the jobs of one page of a list: by indexes, or in the search text."""

from __future__ import annotations

from dataclasses import dataclass

from arq.connections import ArqRedis

from shared.queue import keys, scripts
from shared.queue.reads.filters import JobFilter, Plan, Position, Sort, plan
from shared.queue.reads.search import Hit, SearchText, fold
from shared.redis import unavailable_on_redis_errors

#: most entries of an index that one call looks at
MAX_LOOKED_AT = 1_000
#: most chunks of the search text, and most lines that hold the text, that one call looks at
MAX_CHUNKS = 64
MAX_HITS = 2_000
_BATCH = 100
_FIELDS = ["state", "reportType", "tenant", "workerId", "createdAt"]


@dataclass(frozen=True, slots=True)
class Found:
    """A page of ids."""

    ids: list[str]
    following: Position | None
    total: int
    total_is_exact: bool


class Lister:
    """Chooses how to find a page, and finds it."""

    def __init__(self, redis: ArqRedis) -> None:
        self._redis = redis
        self._text = SearchText(redis)

    async def find(
        self, wanted: JobFilter, sort: Sort, after: Position | None, limit: int, *, count: bool = True
    ) -> Found:
        """One page; see `QueueReads.select`. Without `count` the total is 0."""
        if wanted.q:
            return await self._search(wanted, fold(wanted.q), after, limit, count=count)
        chosen = plan(wanted, sort)
        looked, is_end, score, last, *ids = await scripts.run(
            self._redis,
            "list",
            *("desc" if sort.descending else "asc", limit, MAX_LOOKED_AT, chosen.low, chosen.high),
            *((after.at, after.entry) if after else ("", "")),
            *chosen.checks,
            *chosen.indexes,
        )
        names = [job_id.decode("utf-8", "replace") for job_id in ids]
        following = None if is_end == b"1" else Position(score.decode(), last.decode("utf-8", "replace"))
        if not count:
            return Found(names, following, 0, total_is_exact=False)
        if following is None and after is None:
            return Found(names, None, len(names), total_is_exact=True)
        entries = await self._size(chosen)
        if chosen.is_exact:
            return Found(names, following, entries, total_is_exact=True)
        projected = round(entries * len(names) / looked) if looked else 0
        return Found(names, following, projected, total_is_exact=False)

    async def _size(self, chosen: Plan) -> int:
        with unavailable_on_redis_errors():
            async with self._redis.pipeline(transaction=False) as pipe:
                for index in chosen.indexes:
                    pipe.zcount(index, chosen.low, chosen.high)
                sizes = await pipe.execute()
        return int(sum(sizes))

    async def _search(
        self, wanted: JobFilter, needle: bytes, after: Position | None, limit: int, *, count: bool
    ) -> Found:
        """Last line first; a job that failed is found where it failed too."""
        hits, is_end = await self._hits(wanted, needle, after)
        ids: list[str] = []
        consumed = 0
        while consumed < len(hits) and len(ids) < limit:
            batch = hits[consumed : consumed + _BATCH]
            fitting = await self._fitting(wanted, batch)
            for hit in batch:
                consumed += 1
                if hit.job_id in fitting and hit.job_id not in ids:
                    ids.append(hit.job_id)
                if len(ids) == limit:
                    break
        following = None
        if hits and (consumed < len(hits) or not is_end):
            following = Position(str(hits[consumed - 1].chunk), str(hits[consumed - 1].line))
        if following is None and after is None:
            return Found(ids, None, len(ids), total_is_exact=True)
        all_hits = hits if after is None or not count else (await self._hits(wanted, needle, None))[0]
        total = round(len(all_hits) * len(ids) / consumed) if consumed else 0
        return Found(ids, following, total, total_is_exact=False)

    async def _hits(self, wanted: JobFilter, needle: bytes, after: Position | None) -> tuple[list[Hit], bool]:
        """Lines that hold `needle`, last first, behind `after`; and whether there are no more of them."""
        low = wanted.from_ms or 0
        numbers = await self._text.numbers(low, wanted.to_ms or 10**15)
        start, line = (int(after.at), int(after.entry)) if after else (None, None)
        pending = [number for number in numbers if start is None or number <= start]
        hits: list[Hit] = []
        for number in pending[:MAX_CHUNKS]:
            chunk = await self._text.chunk(number, may_grow=number == numbers[0])
            for found in chunk.find(needle):
                if number == start and line is not None and found >= line:
                    continue
                hits.append(Hit(number, found, chunk.ids[found]))
                if len(hits) == MAX_HITS:
                    return hits, False
        return hits, len(pending) <= MAX_CHUNKS

    async def _fitting(self, wanted: JobFilter, hits: list[Hit]) -> set[str]:
        """The jobs among `hits` that are still there and fit the rest of the filter."""
        names = sorted({hit.job_id for hit in hits})
        with unavailable_on_redis_errors():
            async with self._redis.pipeline(transaction=False) as pipe:
                for job_id in names:
                    pipe.hmget(keys.job(job_id), _FIELDS)
                records = await pipe.execute()
        return {name for name, record in zip(names, records, strict=True) if _fits(wanted, record)}


def _fits(wanted: JobFilter, record: list[bytes | None]) -> bool:
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
    return (low is None or int(created) >= low) and (high is None or int(created) <= high)
