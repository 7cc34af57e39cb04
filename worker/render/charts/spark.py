"""A line the size of a word."""

from __future__ import annotations

from collections.abc import Sequence

Box = tuple[float, float, float, float]


def spark_points(values: Sequence[float | None], box: Box) -> list[tuple[float, float]]:
    """Places of the values in a box (x, y, width, height); equal values run through its middle."""
    x, y, width, height = box
    known = [(index, value) for index, value in enumerate(values) if value is not None]
    if not known:
        return []
    low, high = min(value for _, value in known), max(value for _, value in known)
    step = width / max(len(values) - 1, 1)
    # halves, so that the range of two huge values is still a number
    span = high / 2 - low / 2
    return [
        (x + index * step, y + height * ((value / 2 - low / 2) / span if span > 0 else 0.5))
        for index, value in known
    ]


def draw_spark(values: Sequence[float | None], box: Box, color: str) -> list[str]:
    """Operators of the line and a dot on its last value."""
    points = spark_points(values, box)
    if not points:
        return []
    found = []
    if len(points) > 1:
        path = " ".join(f"{x:.2f} {y:.2f} {'l' if index else 'm'}" for index, (x, y) in enumerate(points))
        found.append(f"{color} RG 1 w 1 J 1 j {path} S")
    x, y = points[-1]
    found.append(f"{color} RG 2.8 w 1 J {x:.2f} {y:.2f} m {x:.2f} {y:.2f} l S")
    return found
