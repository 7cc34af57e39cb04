"""Finds the jobs of one page of a list: by indexes, or in the search text."""

from __future__ import annotations

from arq.connections import ArqRedis

from shared.queue import scripts
from shared.queue.reads.filters import JobFilter, Plan, Position, Sort, plan
from shared.queue.reads.found import Found
from shared.queue.reads.textsearch import TextSearch
from shared.redis import unavailable_on_redis_errors

#: most entries of an index that one call looks at
MAX_LOOKED_AT = 1_000
#: of them in one script, so that no claim waits long behind it
LOOKED_AT_ONCE = 125


class Lister:
    """Chooses how to find a page, and finds it."""

    def __init__(self, redis: ArqRedis) -> None:
        self._redis = redis
        self._search = TextSearch(redis)

    async def find(
        self, wanted: JobFilter, sort: Sort, after: Position | None, limit: int, *, count: bool = True
    ) -> Found:
        """One page; see `QueueReads.select`. Without `count` the total is 0."""
        if wanted.q:
            return await self._search.find(wanted, after, limit, count=count)
        chosen = plan(wanted, sort)
        names, looked, following = await self._looked_up(chosen, sort, after, limit)
        if not count:
            return Found(names, following, 0, total_is_exact=False)
        if following is None and after is None:
            return Found(names, None, len(names), total_is_exact=True)
        entries = await self._size(chosen)
        if chosen.is_exact:
            return Found(names, following, entries, total_is_exact=True)
        projected = round(entries * len(names) / looked) if looked else 0
        return Found(names, following, projected, total_is_exact=False)

    async def _looked_up(
        self, chosen: Plan, sort: Sort, after: Position | None, limit: int
    ) -> tuple[list[str], int, Position | None]:
        """Ids, how many entries were looked at for them, and where it goes on."""
        names: list[str] = []
        looked = 0
        while True:
            seen, is_end, score, last, *ids = await scripts.run(
                self._redis,
                "list",
                "desc" if sort.descending else "asc",
                *(limit - len(names), min(LOOKED_AT_ONCE, MAX_LOOKED_AT - looked), chosen.low, chosen.high),
                *((after.at, after.entry) if after else ("", "")),
                *chosen.checks,
                *chosen.indexes,
            )
            names += [job_id.decode("utf-8", "replace") for job_id in ids]
            looked += int(seen)
            if is_end == b"1":
                return names, looked, None
            after = Position(score.decode(), last.decode("utf-8", "replace"))
            if len(names) == limit or looked >= MAX_LOOKED_AT:
                return names, looked, after

    async def _size(self, chosen: Plan) -> int:
        with unavailable_on_redis_errors():
            async with self._redis.pipeline(transaction=False) as pipe:
                for index in chosen.indexes:
                    pipe.zcount(index, chosen.low, chosen.high)
                sizes = await pipe.execute()
        return int(sum(sizes))
