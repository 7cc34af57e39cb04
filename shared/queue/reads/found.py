"""A page of a list, before its records are read."""

from __future__ import annotations

from dataclasses import dataclass

from shared.queue.reads.filters import Position


@dataclass(frozen=True, slots=True)
class Found:
    """A page of ids."""

    ids: list[str]
    following: Position | None
    total: int
    total_is_exact: bool
