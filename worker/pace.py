"""How long jobs take lately: by that it is decided how many are taken at a time."""

from __future__ import annotations

import math
from typing import Final

#: before the first job has ended
UNKNOWN: Final = math.inf
#: how much the last job counts
_WEIGHT: Final = 0.2


def next_pace(pace: float, took: float) -> float:
    """The moving average after a job that took so long; both in seconds, or `UNKNOWN` for the average."""
    return took if pace == UNKNOWN else pace + _WEIGHT * (took - pace)
