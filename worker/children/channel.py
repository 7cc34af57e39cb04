"""Frames over a socket, as the event loop delivers them."""

from __future__ import annotations

import asyncio
import socket
from collections import deque
from typing import cast

from worker.children.protocol import LENGTH, MAX_ANSWER_BYTES, frame


class Channel(asyncio.Protocol):
    """One end of a socket pair. One reader at a time."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._received = bytearray()
        self._frames: deque[bytes] = deque()
        self._reader: asyncio.Future[None] | None = None
        #: why there will be no more frames
        self._end: Exception | None = None

    @classmethod
    async def over(cls, connected: socket.socket) -> Channel:
        """The channel that owns a connected socket."""
        loop = asyncio.get_running_loop()
        _, channel = await loop.create_connection(cls, sock=connected)
        return channel

    def send(self, *contents: bytes) -> None:
        """Writes frames; what the other end does not take yet is kept."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(b"".join(map(frame, contents)))

    async def receive(self) -> bytes:
        """The next frame's content.

        Raises:
            EOFError: the other end closed.
            ValueError: it sent what no render child would.
        """
        while not self._frames:
            if self._end is not None:
                raise self._end
            self._reader = asyncio.get_running_loop().create_future()
            try:
                await self._reader
            finally:
                self._reader = None
        return self._frames.popleft()

    def close(self) -> None:
        """Closes our end."""
        if self._transport is not None:
            self._transport.close()

    @property
    def is_open(self) -> bool:
        """Whether the other end was there when last heard of."""
        return self._end is None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by the event loop."""
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        """Called by the event loop."""
        self._received += data
        while len(self._received) >= LENGTH.size:
            (length,) = LENGTH.unpack_from(self._received)
            if length > MAX_ANSWER_BYTES:
                self._finish(ValueError(f"a frame of {length:,} bytes"))
                self.close()
                return
            end = LENGTH.size + length
            if len(self._received) < end:
                break
            self._frames.append(bytes(self._received[LENGTH.size : end]))
            del self._received[:end]
        if self._frames:
            self._wake()

    def connection_lost(self, exc: Exception | None) -> None:
        """Called by the event loop."""
        self._finish(EOFError("the other end closed"))

    def _finish(self, why: Exception) -> None:
        self._end = self._end or why
        self._wake()

    def _wake(self) -> None:
        if self._reader is not None and not self._reader.done():
            self._reader.set_result(None)
