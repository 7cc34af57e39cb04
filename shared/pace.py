"""How long things take lately: by that it is decided how many are begun at a time."""

from __future__ import annotations

import math
from typing import Final

#: before the first one has ended
UNKNOWN: Final = math.inf
#: how much the last one counts
WEIGHT: Final = 0.2


def next_pace(pace: float, took: float, weight: float = WEIGHT) -> float:
    """The moving average after one that took so long; both in seconds, or `UNKNOWN` for the average."""
    return took if pace == UNKNOWN else pace + weight * (took - pace)
