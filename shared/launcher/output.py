"""One terminal for many processes: whole lines, each after the name of its service."""

from __future__ import annotations

import asyncio
import contextlib
import queue
import sys
import threading
from collections import deque
from collections.abc import Sequence

COLOURS = (36, 32, 33, 35, 34, 96, 92, 93, 95, 94)  # ANSI foregrounds, the launcher's own lines are bold
MAX_LINE_BYTES = 1024 * 1024
#: pieces of text that wait for the terminal, of one line or, from a busy service, of many
MAX_WAITING = 1_000
MAX_AT_ONCE = 64
CHUNK_BYTES = 65_536
#: a service that writes less than this at a time is read this often, so that its lines come by the handful
MUCH_BYTES = 16_384
GATHER_SECONDS = 0.03
FLUSH_SECONDS = 2.0


class Terminal:
    """Writes lines from a thread of its own: a terminal that stands still (Ctrl-S) must hold up no service.

    When too many lines wait, further ones are dropped and counted.
    """

    def __init__(self, colour: bool, name_width: int) -> None:
        self.colour = colour
        self._name_width = name_width
        self._lines: queue.Queue[str | None] = queue.Queue(MAX_WAITING)
        self._dropped = 0
        self._thread = threading.Thread(target=self._write_lines, name="terminal", daemon=True)
        self._thread.start()

    def lines(self, name: str, colour: int, texts: Sequence[str]) -> None:
        """Prints a service's lines, each after the service's name."""
        label = f"{name:<{self._name_width}} │"
        if self.colour:
            label = f"\x1b[{colour}m{label}\x1b[0m"
        self._put("\n".join([f"{label} {text}" for text in texts]), len(texts))

    def say(self, text: str) -> None:
        """Prints the launcher's own words."""
        self._put(f"\x1b[1m{text}\x1b[0m" if self.colour else text, 1)

    def close(self) -> None:
        """Writes out what waits, for a short time at most."""
        with contextlib.suppress(queue.Full):
            self._lines.put(None, timeout=FLUSH_SECONDS)
        self._thread.join(FLUSH_SECONDS)

    def _put(self, text: str, lines: int) -> None:
        try:
            if self._dropped:
                self._lines.put_nowait(f"({self._dropped} lines were dropped: the terminal was too slow)")
                self._dropped = 0
            self._lines.put_nowait(text)
        except queue.Full:
            self._dropped += lines

    def _write_lines(self) -> None:
        """Lines that came up while others were written go out together."""
        going_on = True
        while going_on:
            lines = [self._lines.get()]
            with contextlib.suppress(queue.Empty):
                while lines[-1] is not None and len(lines) < MAX_AT_ONCE:
                    lines.append(self._lines.get_nowait())
            going_on = lines[-1] is not None
            # a closed terminal must not end the stack: SIGHUP does that, in good order
            with contextlib.suppress(OSError, ValueError):
                sys.stdout.write("".join(f"{line}\n" for line in lines if line is not None))
                sys.stdout.flush()


async def relay_lines(
    stream: asyncio.StreamReader, terminal: Terminal, name: str, colour: int, tail: deque[str]
) -> None:
    """Passes on whole lines until the stream ends; `tail` keeps the last ones."""
    pending = b""
    while chunk := await stream.read(CHUNK_BYTES):
        *lines, pending = (pending + chunk).split(b"\n")
        if len(pending) > MAX_LINE_BYTES:
            lines, pending = [*lines, pending], b""
        _pass_on(lines, terminal, name, colour, tail)
        if len(chunk) < MUCH_BYTES:
            await asyncio.sleep(GATHER_SECONDS)
    if pending:
        _pass_on([pending], terminal, name, colour, tail)


def _pass_on(lines: list[bytes], terminal: Terminal, name: str, colour: int, tail: deque[str]) -> None:
    if lines:
        texts = [line.decode(errors="replace").rstrip("\r") for line in lines]
        tail.extend(texts)
        terminal.lines(name, colour, texts)
