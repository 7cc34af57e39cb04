"""The time that a benchmark may take: it makes as many rounds as fit, and says when those are few."""

from __future__ import annotations

import time
from collections.abc import Iterator

#: of one benchmark, its start-up included; each must end in less than two minutes
SECONDS = 100.0
#: rounds that a median needs
LEAST = 5


class Budget:
    """Time that runs out."""

    def __init__(self, seconds: float = SECONDS) -> None:
        self._began = time.monotonic()
        self.seconds = seconds
        #: what to say about the rounds
        self.notes: list[str] = []

    def left(self) -> float:
        """Seconds until the end; below zero after it."""
        return self._began + self.seconds - time.monotonic()

    def part(self, seconds: float) -> Budget:
        """A budget for a step, at most what is left."""
        return Budget(max(1.0, min(seconds, self.left())))

    def rounds(self, what: str, most: int = LEAST) -> Iterator[int]:
        """Numbers of rounds from 0, which warms up, as long as one more fits; two are made in any case."""
        longest, number = 0.0, 0
        while number <= most and (number < 2 or longest * 1.1 < self.left()):
            began = time.monotonic()
            yield number
            longest = max(longest, time.monotonic() - began)
            number += 1
        if number <= LEAST and most >= LEAST:
            self.notes.append(
                f"{what}: {number - 1} instead of {LEAST} rounds, more would take over {self.seconds:.0f} s"
            )
