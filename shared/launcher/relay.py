"""A service's output on its way to the terminal: looked for now and then, and read by the handful.

Whoever waits for a pipe is woken by every line that is written to it. Here the pipe is left alone for a
moment once something has come, and what has gathered in it is read at once.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import sys
from collections import deque

from shared.launcher.output import Terminal

MAX_LINE_BYTES = 1024 * 1024
#: the moments at which pipes are read are these seconds apart, and the same for all pipes of a process
GATHER_SECONDS = 0.05
#: what a pipe holds, where its size can be chosen: a service that writes more within such a moment waits
PIPE_BYTES = 256 * 1024
#: so much at once comes from a service that writes a lot: its pipe is read on without a pause
MUCH_BYTES = 48 * 1024


class Relay:
    """Passes on the whole lines that are written to a pipe; `tail` keeps the last ones."""

    def __init__(self, terminal: Terminal, name: str, colour: int, tail: deque[str]) -> None:
        """Makes the pipe; `writable` is its other end, for the service to inherit."""
        self._terminal, self._name, self._colour, self._tail = terminal, name, colour, tail
        self._loop = asyncio.get_running_loop()
        self._pipe, self.writable = _pipe()
        self._pending = b""
        self._timer: asyncio.TimerHandle | None = None
        #: set when everything was read that will ever be written
        self.ended = asyncio.Event()
        self._loop.add_reader(self._pipe, self._look_soon)

    def started(self) -> None:
        """Closes our copy of the end for writing: the pipe ends with the service and its children."""
        os.close(self.writable)

    def close(self) -> None:
        """Passes on what is there, and reads no more."""
        if not self.ended.is_set():
            self._read()
        if not self.ended.is_set():
            self._end()

    def _look_soon(self) -> None:
        self._loop.remove_reader(self._pipe)
        self._look_at_the_next_moment()

    def _look_at_the_next_moment(self) -> None:
        moment = (self._loop.time() // GATHER_SECONDS + 1) * GATHER_SECONDS
        self._timer = self._loop.call_at(moment, self._look)

    def _look(self) -> None:
        """Reads once: services that write without end take turns."""
        self._timer = None
        size = len(self._read())
        if self.ended.is_set():
            return
        if size >= MUCH_BYTES:
            self._timer = self._loop.call_later(0, self._look)
        elif size:
            self._look_at_the_next_moment()
        else:
            self._loop.add_reader(self._pipe, self._look_soon)

    def _read(self) -> bytes:
        """What has gathered in the pipe."""
        try:
            chunk = os.read(self._pipe, PIPE_BYTES)
        except BlockingIOError:
            return b""
        if not chunk:
            self._end()
            return b""
        whole, newline, rest = chunk.rpartition(b"\n")
        if newline:
            self._pass_on(self._pending + whole)
            self._pending = rest
        else:
            self._pending += rest
        if len(self._pending) > MAX_LINE_BYTES:
            self._pass_on(self._pending)
            self._pending = b""
        return chunk

    def _end(self) -> None:
        if self._pending:
            self._pass_on(self._pending)
        if self._timer is not None:
            self._timer.cancel()
        self._loop.remove_reader(self._pipe)
        os.close(self._pipe)
        self.ended.set()

    def _pass_on(self, text: bytes) -> None:
        lines = [line.rstrip("\r") for line in text.decode(errors="replace").split("\n")]
        self._tail.extend(lines)
        self._terminal.lines(self._name, self._colour, lines)


def _pipe() -> tuple[int, int]:
    """The ends of a new pipe; reading from it never waits."""
    readable, writable = os.pipe()
    os.set_blocking(readable, False)
    if sys.platform == "linux":
        with contextlib.suppress(OSError):  # more than the user may have
            fcntl.fcntl(writable, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
    return readable, writable
