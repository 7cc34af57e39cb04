"""Which datasets the unfinished jobs name."""

from __future__ import annotations

from arq.connections import ArqRedis
from redis.exceptions import ResponseError

from shared.errors import ValidationFailed
from shared.queue import keys
from shared.queue.payload import read_options
from shared.redis import unavailable_on_redis_errors, unless_of_another_kind

#: records read at a time
_PAGE = 500


class DatasetUsers:
    """Reads the unfinished jobs, page by page; its cost grows with their number."""

    def __init__(self, redis: ArqRedis) -> None:
        self._redis = redis

    async def named(self) -> set[str]:
        """The ids of all datasets that an unfinished job names.

        Every unfinished job is in the queue, whatever its state, so one scan of it meets each that was there
        all the time.

        Raises:
            QueueUnavailable: Redis can't be reached.
        """
        named: set[str] = set()
        cursor: int | None = None
        with unavailable_on_redis_errors():
            while cursor != 0:
                cursor, page = await self._redis.zscan(keys.QUEUE, cursor or 0, count=_PAGE)
                named |= await self._of_jobs([raw.decode("utf-8", "replace") for raw, _ in page])
        return named

    async def _of_jobs(self, ids: list[str]) -> set[str]:
        if not ids:
            return set()
        async with self._redis.pipeline(transaction=False) as pipe:
            for job_id in ids:
                pipe.hmget(keys.job(job_id), ["datasets", "state", "origin"])
            answers = await pipe.execute(raise_on_error=False)
        records = [unless_of_another_kind(answer) or (None, None, None) for answer in answers]
        named: set[str] = set()
        for job_id, (datasets, state, origin) in zip(ids, records, strict=True):
            if datasets:
                named.update(datasets.decode().split(","))
            elif origin or not state:
                named |= await self._of_stranger(job_id)
        return named

    async def _of_stranger(self, job_id: str) -> set[str]:
        """A job that an arq client enqueued has no such field, or no record yet; its payload tells."""
        try:
            payload = await self._redis.get(keys.payload(job_id))
        except ResponseError as error:
            payload = unless_of_another_kind(error)
        if not payload or b'"dataset"' not in payload:
            return set()
        try:
            return set(_strings_under("dataset", read_options(payload).data))
        except ValidationFailed:
            return set()


def _strings_under(key: str, value: object) -> list[str]:
    """The strings that stand under that key anywhere in a JSON value."""
    if isinstance(value, list):
        return [text for item in value for text in _strings_under(key, item)]
    if not isinstance(value, dict):
        return []
    found = [value[key]] if isinstance(value.get(key), str) else []
    return found + [text for item in value.values() for text in _strings_under(key, item)]
