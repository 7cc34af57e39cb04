"""The stream of all changes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from arq.connections import ArqRedis

from shared.queue import keys
from shared.redis import unavailable_on_redis_errors

#: most entries of one read
MAX_EVENTS = 1000
_NUMBERS = ("at", "attempt", "progress")
_TEXTS = ("jobId", "event", "state", "workerId", "detail")


@dataclass(frozen=True, slots=True)
class Event:
    """One change, as `lua/lib/record.lua` wrote it."""

    #: its id in the stream
    id: str
    fields: dict[str, str]

    def as_json(self) -> dict[str, Any]:
        """The same as the API sends it."""
        number = {name: int(self.fields[name]) for name in _NUMBERS if self.fields.get(name)}
        text = {name: self.fields.get(name) or None for name in _TEXTS}
        return {**text, **number}


class EventStream:
    """Reads the stream. `redis` must be a client that may block (`shared.redis.connect(blocks=True)`).

    All raise `QueueUnavailable` when Redis can't be reached.
    """

    def __init__(self, redis: ArqRedis) -> None:
        self._redis = redis

    async def last_id(self) -> str:
        """The id of the newest event; `0-0` when there is none."""
        with unavailable_on_redis_errors():
            newest = await self._redis.xrevrange(keys.EVENTS, count=1)
        return newest[0][0].decode() if newest else "0-0"

    async def wait(self, after: str, block_ms: int) -> list[Event]:
        """The events behind `after`; waits up to `block_ms` for the first one."""
        with unavailable_on_redis_errors():
            answer = await self._redis.xread({keys.EVENTS: after}, count=MAX_EVENTS, block=block_ms)
        return [_event(*entry) for entry in answer[0][1]] if answer else []

    async def since(self, after: str) -> list[Event] | None:
        """The events behind `after`.

        None when some of them are gone or they are too many to tell, or when `after` is later than all.
        """
        with unavailable_on_redis_errors():
            async with self._redis.pipeline(transaction=False) as pipe:
                pipe.xrange(keys.EVENTS, count=1)
                pipe.xrange(keys.EVENTS, min=f"({after}", count=MAX_EVENTS)
                pipe.xrevrange(keys.EVENTS, count=1)
                oldest, behind, newest = await pipe.execute()
        first, last = (_order(entry[0][0].decode()) if entry else (0, 0) for entry in (oldest, newest))
        if len(behind) == MAX_EVENTS or not first <= _order(after) <= last:
            return None
        return [_event(*entry) for entry in behind]


def _order(event_id: str) -> tuple[int, int]:
    moment, _, number = event_id.partition("-")
    return int(moment), int(number or 0)


def _event(event_id: bytes, fields: dict[bytes, bytes]) -> Event:
    return Event(
        event_id.decode(),
        {name.decode(): value.decode("utf-8", "replace") for name, value in fields.items()},
    )
