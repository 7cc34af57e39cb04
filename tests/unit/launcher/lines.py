"""A terminal for tests."""

from __future__ import annotations

from collections.abc import Sequence

from shared.launcher.output import Terminal


class Lines(Terminal):
    """Keeps what would be printed, and how many lines came at a time."""

    def __init__(self) -> None:
        self.printed: list[str] = []
        self.handfuls: list[int] = []
        self.colour = False

    def lines(self, name: str, colour: int, texts: Sequence[str]) -> None:
        self.printed += [f"{name}: {text}" for text in texts]
        self.handfuls.append(len(texts))

    def say(self, text: str) -> None:
        self.printed.append(text)
