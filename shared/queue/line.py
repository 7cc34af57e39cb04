"""One way to Redis for many callers: what they ask in the same moment goes out in one write.

Each command of redis-py borrows a connection, writes, waits in a task of its own and gives it back. Under
load that is most of a script's cost, on both sides: Redis answers, syncs its append-only file and wakes us
once per command. Here the commands that come up while answers are under way go together as soon as those are
there.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Any
from weakref import WeakKeyDictionary

from arq.connections import ArqRedis
from hiredis import pack_command
from redis.exceptions import ConnectionError as RedisConnectionError

from shared.queue.gathering import Argument, Gathered, Pack
from shared.queue.link import Answer, Link, Sent, hand
from shared.redis_connection import QuickConnection

#: most commands of one write, each of those gathered counted: no caller's answer waits for very many others
MAX_COMMANDS = 64
#: bytes after which a write takes no further command
MAX_BYTES = 1 << 20


class Line:
    """Sends commands of one client in turn, many at a time."""

    def __init__(self, redis: ArqRedis, answer_seconds: float | None = None) -> None:
        """A line of its own over one of the client's connections.

        Args:
            redis: the client.
            answer_seconds: how long an answer may take; None: as long as the client's commands may.
        """
        self._answer_seconds = answer_seconds
        self._pool = redis.connection_pool
        self._waiting: deque[Sent | Gathered] = deque()
        #: by the script's name, those that may become more
        self._open: dict[str, Gathered] = {}
        self._link: Link | None = None
        self._connection: QuickConnection | None = None
        self._connecting: asyncio.Task[None] | None = None
        self._is_due = False

    async def execute(self, *command: Any) -> Any:
        """Redis's answer to the command.

        A caller that is cancelled does not hold the command back. Raises what redis-py raises; after an
        error of the connection it is unknown whether the command came through.
        """
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self.send(command, into(future))
        return await future

    def send(self, command: tuple[Any, ...], answer: Answer) -> None:
        """Sends the command soon; `answer` is called once, with Redis's answer or the error in its place."""
        self._wait((pack_command(command), answer))

    def send_together(self, name: str, pack: Pack, arguments: tuple[Argument, ...], answer: Answer) -> None:
        """Sends a call of a script soon, with the others of that name that wait until then.

        `answer` is called once, with its own part of the script's answer or the error in its place.
        """
        gathered = self._open.get(name)
        if gathered is None or not gathered.is_open:
            gathered = self._open[name] = Gathered(pack)
            self._wait(gathered)
        gathered.add(arguments, answer)

    def _wait(self, sent: Sent | Gathered) -> None:
        self._waiting.append(sent)
        if not self._is_due and (self._link is None or not self._link.is_busy):
            self._is_due = True
            asyncio.get_running_loop().call_soon(self._send_waiting)

    def abort(self) -> None:
        """Breaks the connection off: nobody gets an answer, and what waits is never sent."""
        if self._link is not None:
            self._link.abort()
        self._give_up(RedisConnectionError("Connection given up."))

    def _send_waiting(self) -> None:
        """Sends what waits, unless answers are under way: they send it when they are there."""
        self._is_due = False
        if not self._waiting:
            return
        if self._link is None or not self._link.is_open:
            if self._connecting is None:
                self._connecting = asyncio.create_task(self._connect())
        elif not self._link.is_busy:
            self._link.send(self._next_batch())

    def _next_batch(self) -> list[Sent]:
        waiting, size, calls = self._waiting, 0, 0
        batch: list[Sent] = []
        while waiting and calls < MAX_COMMANDS and size <= MAX_BYTES:
            calls += waiting[0].calls if isinstance(waiting[0], Gathered) else 1
            sent = _as_sent(waiting.popleft())
            batch.append(sent)
            size += len(sent[0])
        return batch

    async def _connect(self) -> None:
        """Makes a connection, kept from then on; without one nobody who waits now gets an answer."""
        try:
            await self._give_back()
            self._connection = await self._pool.get_connection()
            seconds = self._answer_seconds or self._connection.socket_timeout
            self._link = Link(self._connection, self._send_waiting, seconds)
        except Exception as error:
            self._give_up(error)
        except BaseException:
            self._give_up(RedisConnectionError("the connection was not waited for"))
            raise
        finally:
            self._connecting = None
        self._send_waiting()

    def _give_up(self, error: Exception) -> None:
        """Tells those whose commands are not sent yet that they won't be."""
        waiting, self._waiting = self._waiting, deque()
        for sent in waiting:
            hand(_as_sent(sent)[1], error)

    async def _give_back(self) -> None:
        lost, self._connection, self._link = self._connection, None, None
        if lost is not None:
            await lost.disconnect(nowait=True)
            await self._pool.release(lost)


def _as_sent(waiting: Sent | Gathered) -> Sent:
    return waiting.sent() if isinstance(waiting, Gathered) else waiting


def into(future: asyncio.Future[Any]) -> Answer:
    """Puts the answer into a future, unless its caller was cancelled."""

    def answer(value: Any) -> None:
        if future.done():
            return
        if isinstance(value, Exception):
            future.set_exception(value)
        else:
            future.set_result(value)

    return answer


_LINES: WeakKeyDictionary[ArqRedis, Line] = WeakKeyDictionary()


def line_of(redis: ArqRedis) -> Line:
    """The line of a client; made when first asked for."""
    line = _LINES.get(redis)
    if line is None:
        line = _LINES[redis] = Line(redis)
    return line
