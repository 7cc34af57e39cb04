"""Labels along a horizontal axis: all side by side, all slanted, or every n-th; never over each other."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

SIZE = 7.5
_ANGLE = math.radians(38)
SINE, COSINE = math.sin(_ANGLE), math.cos(_ANGLE)
#: points between two labels
_APART = 6.0
#: from one slanted label to the next
_LEAST_STEP = 10.5
#: labels up to this width in points are thinned out rather than slanted
_SHORT = 20.0
#: a label is cut to this width
WIDEST = 96.0


@dataclass(frozen=True, slots=True)
class LabelPlan:
    """How labels are set."""

    #: every n-th is shown, from the first
    every: int
    slanted: bool
    #: height under the axis in points
    height: float


def plan_labels(widths: Sequence[float], step: float) -> LabelPlan:
    """How labels of these widths are set that stand `step` points apart."""
    widest = max(widths, default=0.0)
    if widest <= 0:
        return LabelPlan(1, False, 4.0)
    if _all_fit(widths, step, 1):
        return LabelPlan(1, False, 16.0)
    if widest > _SHORT and step >= _LEAST_STEP:
        return LabelPlan(1, True, widest * SINE + SIZE * COSINE + 8)
    every = 2
    while not _all_fit(widths[::every], step, every):
        every += 1
    return LabelPlan(every, False, 16.0)


def _all_fit(widths: Sequence[float], step: float, every: int) -> bool:
    """No two neighbours touch when each is centred on its place."""
    room = step * every
    return all((left + right) / 2 + _APART <= room for left, right in pairwise(widths))
