"""A connection that redis-py has made, spoken to without its streams, tasks and time limits per command."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Final

import hiredis
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import InvalidResponse
from redis.exceptions import TimeoutError as RedisTimeoutError

from shared.redis_connection import QuickConnection

#: gets Redis's answer, or the error that came in its place
Answer = Callable[[Any], None]
#: a packed command and who waits for its answer
Sent = tuple[bytes, Answer]

#: how much longer an answer that is overdue is waited for
LAST_CHANCE_SECONDS: Final = 0.1

_INCOMPLETE: Final = object()


class Link(asyncio.Protocol):
    """Takes the transport of a connection over; the connection is good for nothing else from then on."""

    def __init__(
        self, connection: QuickConnection, on_idle: Callable[[], None], seconds: float | None
    ) -> None:
        """Takes the connection over.

        Args:
            connection: it is connected.
            on_idle: called whenever no answer is under way any more, and when the connection is lost.
            seconds: how long Redis may take for an answer; None: for ever.
        """
        transport, parser = connection.transport_and_parser
        self._transport, self._former = transport, transport.get_protocol()
        self._reader = hiredis.Reader(
            protocolError=InvalidResponse, replyError=parser.parse_error, notEnoughData=_INCOMPLETE
        )
        self._seconds = seconds
        self._on_idle = on_idle
        self._under_way: deque[Answer] = deque()
        self._loop = asyncio.get_running_loop()
        self._deadline, self._last_chance = 0.0, False
        self._timer: asyncio.TimerHandle | None = None
        transport.set_protocol(self)

    @property
    def is_busy(self) -> bool:
        """Whether answers are under way."""
        return bool(self._under_way)

    @property
    def is_open(self) -> bool:
        """Whether it can be written to, as far as is known without asking the server."""
        return not self._transport.is_closing()

    def send(self, batch: Sequence[Sent]) -> None:
        """Writes the commands; their answers come in this order."""
        self._under_way.extend([answer for _, answer in batch])
        self._transport.write(b"".join([command for command, _ in batch]))
        self._expect()

    def abort(self) -> None:
        """Ends the connection without waiting for what is under way."""
        self._break(RedisConnectionError("Connection given up."))

    def data_received(self, data: bytes) -> None:
        """Hands the answers out that are complete."""
        self._reader.feed(data)
        under_way = self._under_way
        try:
            while under_way and (value := self._reader.gets()) is not _INCOMPLETE:
                hand(under_way.popleft(), value)
        except InvalidResponse as error:
            self._break(error)
            return
        if under_way:
            self._expect()
        else:
            self._on_idle()

    def connection_lost(self, error: Exception | None) -> None:
        """Tells everybody who waits, and redis-py's own protocol."""
        self._former.connection_lost(error)
        if self._timer is not None:
            self._timer.cancel()
        self._fail(RedisConnectionError("Connection closed by server." if error is None else str(error)))
        self._on_idle()

    def pause_writing(self) -> None:
        """Nothing to do: what is written at a time is limited."""

    def _expect(self) -> None:
        """Puts the end of patience off. The timer runs on: most of the time it finds that all is well."""
        if self._seconds is None:
            return
        self._deadline, self._last_chance = self._loop.time() + self._seconds, False
        if self._timer is None:
            self._timer = self._loop.call_later(self._seconds, self._look)

    def _look(self) -> None:
        self._timer = None
        if not self._under_way or self._seconds is None:
            return
        left = self._deadline - self._loop.time()
        if left <= 0 and not self._last_chance:
            # if we were stopped ourselves, the answer is here and only waits to be read
            self._last_chance, left = True, LAST_CHANCE_SECONDS
        if left > 0:
            self._timer = self._loop.call_later(left, self._look)
        else:
            self._break(RedisTimeoutError("Timeout reading from the server"))

    def _break(self, error: Exception) -> None:
        """Ends a connection whose further answers nobody could tell apart."""
        self._transport.abort()
        self._fail(error)

    def _fail(self, error: Exception) -> None:
        under_way, self._under_way = self._under_way, deque()
        for answer in under_way:
            hand(answer, error)


def hand(answer: Answer, value: Any) -> None:
    """Calls who waits for an answer; when that raises, those behind still get theirs."""
    try:
        answer(value)
    except Exception as error:
        told = {"message": "an answer was not taken", "exception": error}
        asyncio.get_running_loop().call_exception_handler(told)
