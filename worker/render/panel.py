"""What of a table stands on one page."""

from __future__ import annotations

from worker.render.columns import Placed
from worker.render.theme import Theme


class Panel:
    """Some columns of a table, and their operators since the page began."""

    def __init__(self, columns: tuple[Placed, ...]) -> None:
        self.columns = columns
        #: from the left edge to the end of the columns, in points
        self.width = max(column.x + column.width for column in columns)
        #: rectangles behind every other row
        self.stripes: list[str] = []
        #: text operators; the first set font and colour
        self.texts: list[str] = []
        #: complete drawings between stripes and text
        self.rules: list[str] = []

    def put(self, ops: list[str], left: float, header_foot: float, look: Theme) -> None:
        """Move what was collected onto a page."""
        if self.stripes:
            ops.append(f"{look.zebra} rg")
            ops.extend(self.stripes)
            ops.append("f")
        ops.extend(self.rules)
        # over the shade of a group that begins right below it
        y = header_foot
        ops.append(f"{look.accent} RG 0.9 w {left:.2f} {y:.2f} m {left + self.width:.2f} {y:.2f} l S")
        ops.append("BT")
        ops.extend(filter(None, self.texts))
        ops.append("ET")
        for collected in (self.stripes, self.texts, self.rules):
            collected.clear()
