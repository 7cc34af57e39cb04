"""Cells of a column that are formatted at once read as each by itself."""

from __future__ import annotations

from typing import Any

import pytest

from shared.reports.blocks import Column
from shared.reports.locales import formats_for
from worker.render.cells import formatter, texts_of

_VALUES: list[Any] = [
    *(0, 7, -3, 1234567, 10**18, True, False),
    *(0.0, -0.0, 2.675, -0.004, 1234.5, 999999999999.5, 1e12, 1e16, -7.25),
    *("12", "12.50", "abc", ""),
]


@pytest.mark.parametrize("tag", [None, "de-DE", "hi-IN", "ar-EG", "en-US"])
@pytest.mark.parametrize(
    "column",
    [
        Column("Amount", "currency", currency="EUR"),
        Column("Price", "currency", currency="KWD", decimals=4),
        Column("Amount", "currency"),
        Column("Count", "number"),
        Column("Share", "number", decimals=2),
        Column("Year", "auto"),
        Column("Share", "percent"),
        Column("Name", "text"),
    ],
)
def test_a_column_at_once_reads_as_each_cell_by_itself(column: Column, tag: str | None) -> None:
    show = formatter(column, [1, 2], formats_for(tag))
    assert texts_of(show, _VALUES) == [show(value) for value in _VALUES]
