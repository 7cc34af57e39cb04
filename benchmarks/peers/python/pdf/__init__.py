"""Documents by other PDF libraries, all from the same blocks.

A document is `{title, blocks}`; a block is `{text}`, `{heading}`, `{bars: {title, labels, values}}` or
`{table: {head, formats, rows}}`, where a format is `text`, `whole` or `money`. Rows hold plain values: making
texts of them is part of the work. A table repeats its head on each page and shades every other row.
"""

from __future__ import annotations

from typing import Any

#: points
WIDTH, HEIGHT, MARGIN, ROW, CHART = 595.0, 842.0, 40.0, 15.0, 120.0
HEAD_COLOR, ZEBRA, BAR = "#dfe7f1", "#f4f6f9", "#2f6fb5"


def shown(values: list[Any], formats: list[str]) -> list[str]:
    """A row as texts."""
    return [
        f"{value:,}" if how == "whole" else f"{value:,.2f}" if how == "money" else str(value)
        for value, how in zip(values, formats, strict=True)
    ]


def is_right(how: str) -> bool:
    """Whether the column is right-aligned."""
    return how != "text"
