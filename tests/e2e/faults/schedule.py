"""Which fault comes when: chosen by the seed alone, so that a seed can be run again."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass

from tests.e2e.faults.scene import LANES, FaultKind

#: the quiet time between two faults of a lane, in seconds; while Redis is away, others find little to hurt
GAP_SECONDS = {"processes": (0.5, 2.5), "redis": (2.0, 5.0), "storage": (0.5, 3.0)}
#: the storm begins this long after the load, in seconds
FIRST_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Planned:
    """One fault of the schedule."""

    kind: FaultKind
    #: seconds after the storm's begin; later when the one before it in its lane takes longer
    at: float
    #: how long it lasts
    seconds: float


def plan(seed: int, count: int, kinds: Iterable[FaultKind]) -> list[Planned]:
    """`count` faults: every kind once if there is room, the rest by chance; each lane in its own order."""
    rng = random.Random(f"faults {seed}")
    available = list(kinds)
    chosen = rng.sample(available, min(count, len(available)))
    chosen += rng.choices(available, k=count - len(chosen))
    rng.shuffle(chosen)
    planned: list[Planned] = []
    for lane in LANES:
        at = FIRST_SECONDS
        for kind in (kind for kind in chosen if kind.lane == lane):
            at += rng.uniform(*GAP_SECONDS[lane])
            seconds = rng.uniform(*kind.seconds)
            planned.append(Planned(kind, round(at, 2), round(seconds, 2)))
            at += seconds
    return sorted(planned, key=lambda fault: fault.at)


def length_seconds(planned: list[Planned]) -> float:
    """When the last fault is over."""
    return max((fault.at + fault.seconds for fault in planned), default=FIRST_SECONDS)
