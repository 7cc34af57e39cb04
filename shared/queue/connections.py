"""Who is connected to Redis: `CLIENT LIST`, as far as it tells which worker a connection belongs to.

The format is one line of `name=value` pairs per connection; Redis adds pairs from version to version. Workers
name their connections `pressroom:worker:<id>`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

from arq.connections import ArqRedis
from redis.exceptions import NoPermissionError, ResponseError

from shared.errors import PressroomError
from shared.queue import keys
from shared.redis import unavailable_on_redis_errors

WORKER_NAME: Final = "pressroom:worker:"

#: which workers count as heard of: how many at most, and within which time, in ms
MOST_HEARD_OF: Final = 1_000
HEARD_OF_MS: Final = 60_000
#: a connection id that no worker has
NOBODY: Final = 1


class ConnectionsHidden(PressroomError):
    """The server does not tell who is connected (some managed ones refuse `CLIENT`)."""


@dataclass(frozen=True, slots=True)
class Connections:
    """The connections at one moment."""

    #: when, on Redis's clock
    at_ms: int
    #: our own connection's id: another one than last time means that ours was lost, too
    own_id: int
    #: worker id → the ids of its connections
    workers: Mapping[str, frozenset[int]]
    #: workers that sent a heartbeat lately
    heard_of: frozenset[str]


class ConnectionReads:
    """Asks Redis who is connected. The client must hold a single connection, or `own_id` means nothing."""

    def __init__(self, redis: ArqRedis) -> None:
        self._redis = redis

    async def all(self) -> Connections:
        """All workers' connections. The cost grows with everything that is connected.

        Raises:
            ConnectionsHidden, QueueUnavailable: there is no answer.
        """
        return await self._read("CLIENT", "LIST")

    async def some(self, ids: Collection[int]) -> Connections:
        """Those of the connections `ids` that are still there; the cost grows with their number.

        Raises:
            ConnectionsHidden, QueueUnavailable: there is no answer.
        """
        return await self._read("CLIENT", "LIST", "ID", *(ids or [NOBODY]))

    async def _read(self, *listing: str | int) -> Connections:
        try:
            with unavailable_on_redis_errors():
                return await self._ask_allowed(*listing)
        except ResponseError as error:
            raise ConnectionsHidden(str(error)) from error

    async def _ask_allowed(self, *listing: str | int) -> Connections:
        """A permission that is missing here does not pass like others: it is how managed servers refuse."""
        try:
            return await self._ask(*listing)
        except NoPermissionError as error:
            raise ConnectionsHidden(str(error)) from error

    async def _ask(self, *listing: str | int) -> Connections:
        async with self._redis.pipeline(transaction=False) as pipe:
            pipe.time()
            pipe.execute_command("CLIENT", "ID")
            pipe.execute_command(*listing)
            pipe.zrevrange(keys.WORKERS, 0, MOST_HEARD_OF - 1, withscores=True)
            (seconds, micros), own_id, text, heard_of = await pipe.execute()
        at_ms = int(seconds * 1000 + micros // 1000)
        return Connections(
            at_ms=at_ms,
            own_id=int(own_id),
            workers=workers_in(text),
            heard_of=frozenset(raw.decode() for raw, beat in heard_of if beat > at_ms - HEARD_OF_MS),
        )


def workers_in(listing: bytes) -> dict[str, frozenset[int]]:
    """The workers in a reply to `CLIENT LIST`, with their connections' ids; other lines are passed over."""
    found: dict[str, set[int]] = {}
    for line in listing.decode("utf-8", "replace").splitlines():
        pairs = dict(pair.partition("=")[::2] for pair in line.split(" "))
        name, number = pairs.get("name", ""), pairs.get("id", "")
        if name.startswith(WORKER_NAME) and number.isdigit():
            found.setdefault(name.removeprefix(WORKER_NAME), set()).add(int(number))
    return {worker: frozenset(ids) for worker, ids in found.items()}
