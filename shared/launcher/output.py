"""One terminal for many processes: whole lines, each after the name of its service."""

from __future__ import annotations

import contextlib
import sys
import threading
from collections.abc import Sequence

COLOURS = (36, 32, 33, 35, 34, 96, 92, 93, 95, 94)  # ANSI foregrounds, the launcher's own lines are bold
#: characters that wait for the terminal
MAX_WAITING = 8 * 1024 * 1024
FLUSH_SECONDS = 2.0


class Terminal:
    """Writes lines from a thread of its own: a terminal that stands still (Ctrl-S) must hold up no service.

    When too many lines wait, further ones are dropped and counted.
    """

    def __init__(self, colour: bool, name_width: int) -> None:
        self.colour = colour
        self._name_width = name_width
        self._waiting: list[str] = []
        self._size, self._dropped = 0, 0
        self._is_closed = False
        self._changed = threading.Condition()
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
        with self._changed:
            self._is_closed = True
            self._changed.notify()
        self._thread.join(FLUSH_SECONDS)

    def _put(self, text: str, lines: int) -> None:
        with self._changed:
            if self._size and self._size + len(text) > MAX_WAITING:
                self._dropped += lines
                return
            if self._dropped:
                self._waiting.append(f"({self._dropped} lines were dropped: the terminal was too slow)")
                self._dropped = 0
            self._waiting.append(text)
            self._size += len(text)
            self._changed.notify()

    def _write_lines(self) -> None:
        """Lines that came up while others were written go out together."""
        while lines := self._next_lines():
            # a closed terminal must not end the stack: SIGHUP does that, in good order
            with contextlib.suppress(OSError, ValueError):
                sys.stdout.write("\n".join([*lines, ""]))
                sys.stdout.flush()

    def _next_lines(self) -> list[str]:
        """What waits, as soon as there is something; nothing when there will be no more."""
        with self._changed:
            while not self._waiting and not self._is_closed:
                self._changed.wait()
            lines, self._waiting, self._size = self._waiting, [], 0
        return lines
