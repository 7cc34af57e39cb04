"""Column totals of a table whose rows pass by once: exact for integers, correctly rounded sums for floats."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from shared.reports.blocks import Total
from shared.reports.fields import Num, parse_number
from shared.reports.locales import HOUSE, Formats
from worker.render.cells import Formatter

_BATCH = 512
#: before totals that are not what the word "total" says
MARKS: dict[Total, str] = {"avg": "Ø", "min": "min", "max": "max"}
_NUMBERS = frozenset({int, float})
_INTEGERS = frozenset({int})


class ColumnTotal:
    """Takes each value of a column, gives the text of its total."""

    def __init__(self, kind: Total, title: str, formats: Formats = HOUSE) -> None:
        self._formats = formats
        self._kind = kind
        self._title = title
        self._batch: list[Num] = []
        self._sum: Num = 0
        self._count = 0
        self._least: Num | None = None
        self._most: Num | None = None
        #: values that are there, but are not numbers
        self.not_numbers = 0

    def extend(self, values: Sequence[Any]) -> None:
        """Count cells in."""
        if self._kind != "count" and _NUMBERS.issuperset(map(type, values)):
            batch = [value for value in values if math.isfinite(value)]
            self.not_numbers += len(values) - len(batch)
            self._batch.extend(batch)
            if len(self._batch) >= _BATCH:
                self._flush()
            return
        for value in values:
            self.add(value)

    def add(self, value: Any) -> None:
        """Count one cell in."""
        if value is None or value == "":
            return
        if self._kind == "count":
            self._count += 1
            return
        known = parse_number(value)
        if known is None:
            self.not_numbers += 1
            return
        self._batch.append(known)
        if len(self._batch) >= _BATCH:
            self._flush()

    @property
    def name(self) -> str:
        """The column's title and the kind of total."""
        return f"{_shortened(self._title)} {self._kind}"

    @property
    def counted(self) -> tuple[int, Num]:
        """How many values were counted in, and their sum (0 for the kind "count")."""
        self._flush()
        return self._count, self._sum

    def text(self, show: Formatter) -> str:
        """The total, formatted as the column's cells are."""
        self._flush()
        if self._kind == "count":
            return self._formats.number(self._count)
        value: Num | None = {"sum": self._sum, "min": self._least, "max": self._most}.get(self._kind)
        if self._kind == "avg" and self._count:
            value = _divided(self._sum, self._count)
        if value is None or not math.isfinite(value):
            return "–"
        return show(value)

    def marked(self, show: Formatter) -> str:
        """The text for a row of totals of several kinds: with a mark when it is no sum or count."""
        text = self.text(show)
        mark = MARKS.get(self._kind)
        return text if mark is None or text == "–" else f"{mark}\u00a0{text}"

    def warning(self) -> str | None:
        """What the reader must know about this total."""
        if not self.not_numbers:
            return None
        column = repr(_shortened(self._title))
        return f"{self.not_numbers:,} values of column {column} are not numbers and not in its total"

    def _flush(self) -> None:
        batch = self._batch
        if not batch:
            return
        self._count += len(batch)
        self._sum = _added(self._sum, batch)
        self._least = min(batch) if self._least is None else min(self._least, *batch)
        self._most = max(batch) if self._most is None else max(self._most, *batch)
        batch.clear()


def _shortened(title: str) -> str:
    return title if len(title) <= 60 else f"{title[:59]}…"


def _added(start: Num, batch: list[Num]) -> Num:
    if isinstance(start, int) and _INTEGERS.issuperset(map(type, batch)):
        return start + sum(batch)
    try:
        return math.fsum((start, *batch))
    except (OverflowError, ValueError):
        return math.nan


def _divided(value: Num, count: int) -> Num:
    try:
        average = value / count
    except OverflowError:
        return value // count if isinstance(value, int) else value
    if not math.isfinite(average):
        return average
    return round(average, 4) if abs(average) >= 1 else float(f"{average:.6g}")
