"""Calls of one script that come up in the same moment go to Redis as one call.

A call of a script costs Redis something besides the transition in it, and what several jobs do to the same
index can be one command. The scripts that can do it say so in their headers: their arguments are, for each
call, how many follow and then those, and they answer with a list.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from shared.queue.link import Answer, Sent, hand

Argument = str | bytes | int | float

#: makes the command of all arguments and of who gets the list of answers
Pack = Callable[[tuple[Argument, ...], Answer], Sent]

#: most calls in one, so that Redis is not held up for long
MAX_CALLS = 16
#: bytes of texts after which no further call is taken in
MAX_BYTES = 1 << 18


class Gathered:
    """Calls of one script that wait to be sent together."""

    def __init__(self, pack: Pack) -> None:
        """Nothing is in it yet."""
        self._pack = pack
        self._arguments: list[Argument] = []
        self._answers: list[Answer] = []
        self._bytes = 0
        self._is_sent = False

    @property
    def is_open(self) -> bool:
        """Whether another call may be added."""
        return not self._is_sent and self.calls < MAX_CALLS and self._bytes < MAX_BYTES

    @property
    def calls(self) -> int:
        """How many there are."""
        return len(self._answers)

    def add(self, arguments: tuple[Argument, ...], answer: Answer) -> None:
        """One more call; `answer` gets its part of the script's answer, or the error of the whole."""
        self._arguments += [len(arguments), *arguments]
        self._answers.append(answer)
        self._bytes += sum(len(value) for value in arguments if isinstance(value, str | bytes))

    def sent(self) -> Sent:
        """The command for Redis. Nothing may be added from now on."""
        self._is_sent = True
        return self._pack(tuple(self._arguments), self._share)

    def _share(self, value: Any) -> None:
        """Gives each its own answer."""
        values = value if isinstance(value, list) else [value] * self.calls
        for answer, own in zip(self._answers, values, strict=True):
            hand(answer, own)
