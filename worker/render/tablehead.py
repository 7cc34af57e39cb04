"""What stands above the rows of a table on each of its pages: the columns' titles."""

from __future__ import annotations

from collections.abc import Sequence

from worker.render.columns import PAD, Placed
from worker.render.lines import Lines
from worker.render.page import Pages
from worker.render.panel import Panel
from worker.render.text import wrap

_MOST_LINES = 8


class TableHead:
    """The titles of all panels, broken into lines once.

    `pad` is the space above and below the text, in points; `mirrored`: lines start at the right.
    """

    def __init__(
        self, pages: Pages, panels: Sequence[Panel], text: Lines, pad: float, *, mirrored: bool
    ) -> None:
        self._pages, self._panels, self._text, self._pad = pages, panels, text, pad
        self._note_text = Lines(pages, text.size * 0.9)
        self._mirrored = mirrored
        self._columns = sorted({column.index for panel in panels for column in panel.columns})
        self._placed: dict[tuple[Panel, float], list[tuple[float, float, str]]] = {}
        #: what did not fit, in words
        self.warnings: list[str] = []
        self._titles = [[self._lines(column) for column in panel.columns] for panel in panels]
        lines = max(len(title) for titles in self._titles for title in titles)
        #: points it takes on a page
        self.height = lines * self._text.leading + 2 * pad + 1
        if len(panels) > 1:
            self.height += self._text.leading

    def draw(self) -> None:
        """Put the titles at the foot of the height, and go there."""
        pages = self._pages
        foot = pages.y - self.height
        base = foot + self._pad + self._text.size * 0.32
        for panel, titles in zip(self._panels, self._titles, strict=True):
            if len(self._panels) > 1:
                panel.texts.append(self._note(panel))
            panel.texts.append(f"/{pages.bold.name} {self._text.points} Tf {pages.theme.accent} rg")
            for x, above, shown in self._cells(panel, titles):
                panel.texts.append(f"1 0 0 1 {x:.2f} {base + above:.2f} Tm {shown}")
            panel.texts.append(f"/{pages.regular.name} {self._text.points} Tf {pages.theme.ink} rg")
        pages.y = foot

    def _lines(self, column: Placed) -> list[str]:
        lines = wrap(column.title, self._pages.bold, self._text.size, column.width - 2 * PAD)
        if len(lines) > _MOST_LINES:
            lines = [*lines[: _MOST_LINES - 1], lines[_MOST_LINES - 1][:-1] + "…"]
            self.warnings.append(f"the title of column {column.index + 1} was cut to fit")
        return lines

    def _cells(self, panel: Panel, titles: list[list[str]]) -> list[tuple[float, float, str]]:
        """Each line of the titles: where it starts, how far above the last, its operator; for all pages."""
        key = panel, self._pages.left
        placed = self._placed.get(key)
        if placed is None:
            placed = self._placed[key] = [
                (x, offset * self._text.leading, shown)
                for column, lines in zip(panel.columns, titles, strict=True)
                for offset, line in enumerate(reversed(lines))
                for x, shown in [self._text.in_column(column, line, bold=True)]
            ]
        return placed

    def _note(self, panel: Panel) -> str:
        """Which of the columns stand here, above the titles of a table that is spread over pages."""
        pages, shown = self._pages, panel.columns
        first = shown[0] if panel is self._panels[0] else shown[min(1, len(shown) - 1)]
        start, end = (pages.formats.number(self._columns.index(one.index) + 1) for one in (first, shown[-1]))
        count = pages.formats.number(len(self._columns))
        span = start if start == end else f"{start}–{end}"
        text = pages.formats.say("columns", columns=span, count=count)
        note = self._note_text
        x, operator = note.over_columns(panel, text, from_right=not self._mirrored)
        return (
            f"/{pages.regular.name} {note.points} Tf {pages.theme.muted} rg "
            f"1 0 0 1 {x:.2f} {pages.y - note.size:.2f} Tm {operator}"
        )
