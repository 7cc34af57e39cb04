"""One way to Redis for many callers: what they ask in the same moment goes out in one write.

Each command of redis-py borrows a connection, writes, waits and gives it back. Under load that is most of
a script's cost, on both sides: Redis answers, syncs its append-only file and wakes us once per command. Here
the commands that come up while an answer is under way go together as soon as it is there.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any
from weakref import WeakKeyDictionary

from arq.connections import ArqRedis
from redis.exceptions import ResponseError

from shared.redis_connection import QuickConnection

Command = tuple[Any, ...]

#: most commands of one write, so that no caller's answer waits for very many others
MAX_COMMANDS = 64
#: bytes after which a write takes no further command
MAX_BYTES = 1 << 20


class Line:
    """Sends commands of one client in turn, many at a time."""

    def __init__(self, redis: ArqRedis) -> None:
        self._pool = redis.connection_pool
        self._waiting: list[tuple[Command, asyncio.Future[Any]]] = []
        self._sending: asyncio.Task[None] | None = None
        self._connection: QuickConnection | None = None

    async def execute(self, *command: Any) -> Any:
        """Redis's answer to the command.

        A caller that is cancelled does not hold the command back. Raises what redis-py raises; after an
        error of the connection it is unknown whether the command came through.
        """
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting.append((command, answer))
        if self._sending is None:
            self._sending = asyncio.create_task(self._send_all())
        return await answer

    async def _send_all(self) -> None:
        try:
            while self._waiting:
                batch = self._next_batch()
                try:
                    await self._send(batch)
                except BaseException as error:
                    _fail(batch, error)
                    if not isinstance(error, Exception):
                        raise
        finally:
            self._sending = None
            _fail(self._waiting, asyncio.CancelledError())

    def _next_batch(self) -> list[tuple[Command, asyncio.Future[Any]]]:
        size = count = 0
        for command, _ in self._waiting[:MAX_COMMANDS]:
            count += 1
            size += sum(len(part) for part in command if isinstance(part, bytes | str))
            if size > MAX_BYTES:
                break
        batch, self._waiting = self._waiting[:count], self._waiting[count:]
        return batch

    async def _send(self, batch: Sequence[tuple[Command, asyncio.Future[Any]]]) -> None:
        connection = await self._connected()
        try:
            await connection.send_packed_command(connection.pack_commands([command for command, _ in batch]))
            for _, answer in batch:
                await _receive(connection, answer)
        except BaseException:
            # answers may still be under way: nobody may read them
            self._connection = None
            await connection.disconnect(nowait=True)
            await self._pool.release(connection)
            raise

    async def _connected(self) -> QuickConnection:
        """The line's connection, kept between batches; a new one when Redis hung up meanwhile."""
        held = self._connection
        if held is not None and held.is_usable:
            return held
        if held is not None:
            self._connection = None
            await held.disconnect(nowait=True)
            await self._pool.release(held)
        self._connection = await self._pool.get_connection()
        return self._connection


async def _receive(connection: QuickConnection, answer: asyncio.Future[Any]) -> None:
    try:
        value = await connection.read_response()
    except ResponseError as error:
        if not answer.done():
            answer.set_exception(error)
    else:
        if not answer.done():
            answer.set_result(value)


def _fail(batch: Sequence[tuple[Command, asyncio.Future[Any]]], error: BaseException) -> None:
    for _, answer in batch:
        if not answer.done():
            answer.set_exception(error) if isinstance(error, Exception) else answer.cancel()


_LINES: WeakKeyDictionary[ArqRedis, Line] = WeakKeyDictionary()


def line_of(redis: ArqRedis) -> Line:
    """The line of a client; made when first asked for."""
    line = _LINES.get(redis)
    if line is None:
        line = _LINES[redis] = Line(redis)
    return line
