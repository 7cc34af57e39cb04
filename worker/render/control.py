"""Control totals: what a column must come to, counted where rows come in and compared with what was drawn."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any

from shared.errors import ControlTotalMismatch
from shared.reports.blocks import Total
from shared.reports.fields import Num, parse_number
from worker.render.totals import ColumnTotal

# Both sides add the same floats in other groups, so that their sums may differ by rounding: by less than this
# part of the sum of all amounts.
_ROUNDING = 1e-9
# rows that are counted at a time
_CHUNK = 128
_NUMBERS = frozenset({int, float})


@dataclass(slots=True)
class ColumnControl:
    """The values of one column, as they came in."""

    kind: Total
    #: those that count: numbers, or for the kind "count" whatever is there
    count: int = 0
    sum: Num = 0
    #: sum of the amounts without their signs
    magnitude: Num = 0

    def extend(self, values: list[Any]) -> None:
        """Count values in: at once when all are plain numbers."""
        if self.kind != "count" and _NUMBERS.issuperset(map(type, values)):
            total = sum(values)
            if math.isfinite(total):
                self.count += len(values)
                self.sum += total
                self.magnitude += sum(map(abs, values))
                return
        for value in values:
            self.add(value)

    def add(self, value: Any) -> None:
        """Count one value in."""
        if value is None or value == "":
            return
        if self.kind == "count":
            self.count += 1
            return
        number = parse_number(value)
        if number is not None:
            self.count += 1
            self.sum += number
            self.magnitude += abs(number)

    def check(self, drawn: ColumnTotal) -> None:
        """Raises ControlTotalMismatch when the drawn column holds other values than came in."""
        count, total = drawn.counted
        if count != self.count or not self._agrees(total):
            raise ControlTotalMismatch(
                drawn.name, f"{self.count:,} values of sum {self.sum}", f"{count:,} of {total}"
            )

    def _agrees(self, total: Num) -> bool:
        if isinstance(total, int) and isinstance(self.sum, int):
            return total == self.sum
        if not (math.isfinite(total) and math.isfinite(self.sum)):
            return True  # too large for a float: nothing was printed either
        return abs(total - self.sum) <= _ROUNDING * max(1, self.magnitude)


def controlled(
    rows: Iterable[Sequence[Any]], controls: Mapping[int, ColumnControl]
) -> Iterator[Sequence[Any]]:
    """The rows, while the columns at those places are counted."""
    return chain.from_iterable(_counted(rows, list(controls.items()))) if controls else iter(rows)


def _counted(
    rows: Iterable[Sequence[Any]], controls: Sequence[tuple[int, ColumnControl]]
) -> Iterator[list[Sequence[Any]]]:
    """The rows in lists, each counted as it passes."""
    coming = iter(rows)
    while chunk := list(islice(coming, _CHUNK)):
        for index, control in controls:
            try:
                values = [row[index] for row in chunk]
            except IndexError:
                values = [row[index] for row in chunk if index < len(row)]
            control.extend(values)
        yield chunk
