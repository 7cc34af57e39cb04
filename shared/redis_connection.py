"""redis-py's connections with a quicker way to send, on which a cancelled call always ends.

redis-py wraps each write into a task with a time limit, though nearly every write only fills a buffer.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING, Any

from redis.asyncio.connection import AbstractConnection
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

if TYPE_CHECKING:
    _Base = AbstractConnection
else:
    _Base = object

#: what a write may be, in bytes, to be given to the transport without waiting for the server to take it
DIRECT_BYTES = 64 * 1024
#: how long a connection may take until commands can be sent, in seconds
CONNECT_SECONDS = 7.0


class QuickConnection(_Base):
    """Mixed into a connection class of redis-py."""

    async def connect(self) -> None:
        """Connects if it is not connected, and names itself to the server.

        Raises:
            RedisTimeoutError: it took longer than `CONNECT_SECONDS`, also where commands may take for ever.
        """
        if self.is_connected:
            return
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                await super().connect()  # type: ignore[no-untyped-call]
        except TimeoutError:
            raise RedisTimeoutError("Timeout connecting to server") from None

    async def send_packed_command(
        self, command: bytes | str | Iterable[bytes], check_health: bool = True
    ) -> None:
        """Writes at once what fits into a socket's buffer; leaves the rest to redis-py and its time limit."""
        writer = self._writer
        parts = command if isinstance(command, list) else None
        if (
            not parts
            or writer is None
            or not self.is_usable
            or writer.transport.get_write_buffer_size()
            or sum(map(len, parts)) > DIRECT_BYTES
        ):
            await super().send_packed_command(command, check_health)
            return
        writer.write(b"".join(parts))

    @property
    def transport_and_parser(self) -> tuple[asyncio.WriteTransport, Any]:
        """What a connected connection writes to, and what knows the errors that Redis answers."""
        if self._writer is None:
            raise RedisConnectionError("not connected")
        return self._writer.transport, self._parser

    @property
    def is_usable(self) -> bool:
        """Whether it is connected, as far as is known without asking the server."""
        reader, writer = self._reader, self._writer
        if reader is None or writer is None:
            return False
        return not (reader.at_eof() or reader.exception() or writer.transport.is_closing())


def _cancellable(kind: type[Any]) -> type[Any]:
    """A kind of connection on which a cancelled call ends, whenever that comes.

    redis-py times its writes with `asyncio.wait_for`, which before Python 3.12 drops a cancellation that
    arrives when the write has just been done: a task that is cancelled once then goes on for ever.
    """

    class Cancellable(kind):  # type: ignore[misc]
        socket_timeout: float | None

        async def send_packed_command(self, *arguments: Any, **options: Any) -> None:
            seconds, self.socket_timeout = self.socket_timeout, None
            try:
                async with asyncio.timeout(seconds):
                    await super().send_packed_command(*arguments, **options)
            finally:
                self.socket_timeout = seconds

    return Cancellable


@cache
def quick(kind: type[Any]) -> type[Any]:
    """The quick sort of a connection class: TCP, TLS or Unix socket."""
    return type(f"Quick{kind.__name__}", (QuickConnection, _cancellable(kind)), {})
