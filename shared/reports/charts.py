"""Charts as report types make them from their data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from shared.reports.blocks import Chart, ChartSeries
from shared.reports.fields import Point


def points_chart(
    points: Sequence[Point], kind: Literal["columns", "bars", "line"], currency: str | None
) -> Chart:
    """One series over its points' labels."""
    labels, values = tuple([point.label for point in points]), tuple([point.value for point in points])
    return Chart(kind, labels, (ChartSeries("", values),), currency=currency)
