"""Frames over a socket, as the event loop delivers them."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable
from typing import Final, cast

from worker.children.protocol import MAX_ANSWER_BYTES, take_frame

_CHUNK_BYTES: Final = 1 << 16


class Channel(asyncio.Protocol):
    """One end of a socket pair.

    `on_frame` is called with the content of every frame. When there will be no more, `on_end` is called once:
    with EOFError or OSError when the other end is gone, with ValueError when it sent what no render child
    would, also when `on_frame` says so by raising one.
    """

    def __init__(self, on_frame: Callable[[bytes], None], on_end: Callable[[Exception], None]) -> None:
        self._on_frame, self._on_end = on_frame, on_end
        self._connected: socket.socket | None = None
        self._transport: asyncio.Transport | None = None
        self._received = bytearray()
        self._ended = False

    async def open(self, connected: socket.socket) -> None:
        """Begins to talk over a connected socket, which is the channel's from now on."""
        self._connected = connected
        await asyncio.get_running_loop().create_connection(lambda: self, sock=connected)

    def send(self, frames: bytes) -> None:
        """Writes frames; what the other end does not take yet is kept."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(frames)

    def close(self) -> None:
        """Closes our end at once; what was not taken yet is dropped."""
        if self._transport is not None:
            self._transport.abort()

    @property
    def is_open(self) -> bool:
        """Whether the other end was there when last heard of, or written to."""
        return not self._ended and self._transport is not None and not self._transport.is_closing()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by the event loop."""
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        """Called by the event loop."""
        self._received += data
        try:
            while not self._ended:
                content = take_frame(self._received, MAX_ANSWER_BYTES)
                if content is None:
                    break
                self._on_frame(content)
        except ValueError as error:
            self._finish(error)
            self.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """Called by the event loop."""
        if exc is not None:
            self._read_to_the_end()
        self._finish(exc or EOFError("the other end closed"))

    def _read_to_the_end(self) -> None:
        """The event loop reads no further when a write has failed, but what was said before that counts."""
        assert self._connected is not None  # noqa: S101 - it was opened
        with contextlib.suppress(OSError):
            while not self._ended and (data := self._connected.recv(_CHUNK_BYTES, socket.MSG_DONTWAIT)):
                self.data_received(data)

    def _finish(self, why: Exception) -> None:
        if not self._ended:
            self._ended = True
            self._on_end(why)
