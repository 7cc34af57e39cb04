"""A total on the page that is not the sum of what came in fails the report."""

from __future__ import annotations

from typing import Any

import pytest

from shared.errors import ControlTotalMismatch
from worker.render.control import ColumnControl, controlled
from worker.render.totals import ColumnTotal

VALUES: list[Any] = [3, "4.5", None, "", "none", 1e-9, -12, 10**30, True, float("1e300")]


def drawn(kind: Any, values: list[Any]) -> ColumnTotal:
    total = ColumnTotal(kind, "Amount")
    total.extend(values)
    return total


def control_of(kind: Any, values: list[Any]) -> ColumnControl:
    control = ColumnControl(kind)
    assert list(controlled([[value] for value in values], {0: control})) == [[value] for value in values]
    return control


@pytest.mark.parametrize("kind", ["sum", "avg", "min", "max", "count"])
def test_what_came_in_and_was_drawn_agrees(kind: Any) -> None:
    control_of(kind, VALUES).check(drawn(kind, VALUES))


@pytest.mark.parametrize("kind", ["sum", "avg", "min", "max", "count"])
def test_a_value_that_was_not_drawn_is_found(kind: Any) -> None:
    with pytest.raises(ControlTotalMismatch, match="Amount"):
        control_of(kind, VALUES).check(drawn(kind, VALUES[1:]))


def test_a_value_that_was_changed_is_found() -> None:
    with pytest.raises(ControlTotalMismatch):
        control_of("sum", [1, 2, 3]).check(drawn("sum", [1, 2, 4]))


def test_rounding_is_no_difference() -> None:
    values = [0.1] * 10_000 + [1e15, -1e15]
    control_of("sum", values).check(drawn("sum", values))


def test_rows_that_are_too_short_have_no_value() -> None:
    control = ColumnControl("count")
    assert list(controlled([[1], [1, 2]], {1: control})) == [[1], [1, 2]]
    assert control.count == 1
