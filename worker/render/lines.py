"""One line of text in a table: in a column, or over several. Each gives where it starts, and the operator."""

from __future__ import annotations

from worker.render.columns import PAD, Placed
from worker.render.page import Pages
from worker.render.panel import Panel


class Lines:
    """Sets lines of one size, in points."""

    def __init__(self, pages: Pages, size: float) -> None:
        self._pages, self.size = pages, size
        #: the size as operators have it
        self.points = f"{size:g}"
        #: from one line to the next, in points
        self.leading = size * 1.3

    def in_column(self, column: Placed, text: str, *, bold: bool = False) -> tuple[float, str]:
        """A text that fits into its column."""
        pages = self._pages
        font = pages.bold if bold else pages.regular
        room = column.width - 2 * PAD
        x = pages.left + column.x + PAD
        if column.align != "left":
            spare = room - font.width(text, self.size)
            x += spare if column.align == "right" else spare / 2
        return x, font.show(text, self.points)

    def over_columns(
        self, panel: Panel, text: str, *, from_right: bool, indent: float = 0.0, bold: bool = False
    ) -> tuple[float, str]:
        """A text that starts at an edge of the panel, `indent` points from it."""
        pages = self._pages
        font = pages.bold if bold else pages.regular
        x = pages.left + PAD + indent
        if from_right:
            x = pages.left + panel.width - PAD - indent - font.width(text, self.size)
        return x, font.show(text, self.points)
