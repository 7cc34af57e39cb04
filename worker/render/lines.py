"""One line of text in a table: in a column, or over several. Each gives where it starts, and the operator."""

from __future__ import annotations

from worker.render.columns import PAD, Placed
from worker.render.page import Pages
from worker.render.panel import Panel


def in_column(
    pages: Pages, column: Placed, text: str, size: float, *, bold: bool = False
) -> tuple[float, str]:
    """A text that fits into its column."""
    font = pages.bold if bold else pages.regular
    room = column.width - 2 * PAD
    x = pages.left + column.x + PAD
    if column.align != "left":
        spare = room - font.width(text, size)
        x += spare if column.align == "right" else spare / 2
    return x, font.show(text, f"{size:g}")


def over_columns(
    pages: Pages,
    panel: Panel,
    text: str,
    size: float,
    *,
    from_right: bool,
    indent: float = 0.0,
    bold: bool = False,
) -> tuple[float, str]:
    """A text that starts at an edge of the panel, `indent` points from it."""
    font = pages.bold if bold else pages.regular
    x = pages.left + PAD + indent
    if from_right:
        x = pages.left + panel.width - PAD - indent - font.width(text, size)
    return x, font.show(text, f"{size:g}")
