"""Tables of any length: rows come from an iterator and leave as page operators.

A row costs the same wherever it stands, and nothing of it is kept once its page has ended. Most rows have one
line per cell and take the short way; a row with a long text is broken into lines, and over pages when it is
taller than one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from itertools import chain, islice
from typing import Any

from shared.reports.blocks import Table
from worker.render.columns import PAD, Placed, Plan, mirrored, plan, plan_in_frame
from worker.render.control import ColumnControl, controlled
from worker.render.lines import Lines
from worker.render.measuring import measure
from worker.render.page import Pages
from worker.render.panel import Panel
from worker.render.plainrows import MOST_ROWS, PlainRows
from worker.render.tablehead import TableHead
from worker.render.text import clean_line, wrap
from worker.render.totals import ColumnTotal

_SAMPLE_ROWS = 400
# So many rows are drawn one by one after a row that was not plain, before many are tried at a time again.
_ONE_BY_ONE = 8
# for `%`: place, operator that shows the text
_CELL = "1 0 0 1 %.2f %.2f Tm %s"
# A number wider than its column is set narrower, down to this part of its width, before it is broken.
_MOST_SQUEEZED = 0.6
#: called with the number of rows drawn so far, and their table
RowsFn = Callable[[int, Table], None]


class TableWriter:
    """Draws one table on `pages`."""

    def __init__(self, pages: Pages, table: Table, on_rows: RowsFn) -> None:
        self._pages = pages
        self._table = table
        self._on_rows = on_rows
        self._controls = {
            index: ColumnControl(column.total)
            for index, column in enumerate(table.columns)
            if column.total is not None
        }
        self._rows = controlled(table.rows, self._controls)
        self._sample = list(islice(self._rows, _SAMPLE_ROWS))
        measured = measure(table, self._sample, pages.regular, pages.bold, pages.formats)
        portrait = pages.setup.frame_width
        landscape = pages.setup.landscape_width
        self._in_frame = (
            pages.width < min(portrait, pages.page_size[0] - pages.setup.left - pages.setup.right) - 1
        )
        self._plan: Plan = (
            plan_in_frame(measured, pages.width, pages.theme.scale)
            if self._in_frame
            else plan(measured, portrait, landscape, pages.theme.scale)
        )
        self._mirrored = pages.mirrored
        if self._mirrored:
            self._plan = mirrored(self._plan)
        self._panels = [Panel(columns) for columns in self._plan.panels]
        size = self._plan.size
        self._text = Lines(pages, size)
        self._size, self._points, self._leading = size, self._text.points, self._text.leading
        self._pad = size * 0.42
        self._row_height = self._leading + 2 * self._pad
        self._drop = self._pad + size * 0.98
        self._totals = {
            index: ColumnTotal(column.total, column.title, pages.formats)
            for index, column in enumerate(table.columns)
            if column.total is not None
        }
        self._only_averages = {column.total for column in table.columns} <= {"avg", None}
        # height of what must stand on the page of the next row, below it
        self._reserve = 0.0
        #: rows drawn so far
        self.rendered = 0

    @cached_property
    def _head(self) -> TableHead:
        """Of the panels as they are when it is first needed."""
        return TableHead(self._pages, self._panels, self._text, self._pad, mirrored=self._mirrored)

    @property
    def landscape(self) -> bool:
        """The table needs the page turned."""
        return self._plan.landscape

    @property
    def start_height(self) -> float:
        """Points that the table's beginning takes: its header, and a row with what may follow it."""
        return self._head.height + 2 * self._row_height + 2

    def draw(self) -> tuple[str, ...]:
        """Draw all of it; returns warnings. Raises ControlTotalMismatch."""
        self._open()
        first = self._draw_rows(chain(self._sample, self._rows))
        if first == 0:
            self._draw_note(self._table.empty_text or self._pages.formats.say("noRows"))
        elif self._totals:
            self._draw_totals()
        self._flush(last=True)
        self._pages.y -= 2
        for index, control in self._controls.items():
            control.check(self._totals[index])
        notes = (total.warning() for total in self._totals.values())
        return (*self._head.warnings, *(note for note in notes if note))

    def control_totals(self) -> list[str]:
        """Each total that was drawn, with its column's title."""
        if not self.rendered:
            return []
        shows = {column.index: column.show for panel in self._panels for column in panel.columns}
        return [
            f"{total.name}: {total.text(shows[index])}"
            for index, total in self._totals.items()
            if index in shows
        ]

    def _open(self) -> None:
        """Go where the table can start, and draw its header there."""
        pages = self._pages
        self.turn_page()
        if pages.room < self.start_height and not pages.at_top:
            pages.next_page(landscape=self._plan.landscape)
        self._draw_header()

    def turn_page(self) -> None:
        """Go to a page that lies as the table needs it."""
        pages = self._pages
        if not self._plan.landscape or pages.page_size[0] > pages.page_size[1]:
            return
        if pages.at_top:
            pages.turn(landscape=True)
        else:
            pages.next_page(landscape=True)

    def _draw_rows(self, rows: Iterator[Sequence[Any]]) -> int:
        """Draw as many rows at a time as fit; those that need more than a line one by one."""
        pages, height = self._pages, self._row_height
        waiting: list[Sequence[Any]] = []
        painters: list[PlainRows] = []
        frame = None
        while waiting := waiting or list(islice(rows, MOST_ROWS)):
            if self._totals and len(waiting) == 1:
                waiting.extend(islice(rows, MOST_ROWS))
                # the last row and the totals stand on one page
                self._reserve = self._row_height + 2 if len(waiting) == 1 else 0.0
            if pages.y - height - self._reserve < pages.bottom:
                self._break_page()
            if frame != pages.left:
                frame = pages.left
                painters = [
                    PlainRows(panel.columns, pages.regular, self._size, frame, height)
                    for panel in self._panels
                ]
            most = len(waiting) - 1 if self._totals and len(waiting) > 1 else len(waiting)
            fitting = waiting[: min(most, max(1, int((pages.y - pages.bottom) / height + 1e-6)))]
            done = self._set_plain_rows(painters, fitting)
            if done < len(fitting):
                stop = min(done + _ONE_BY_ONE, most)
                for row in waiting[done:stop]:
                    self._draw_row(row)
                    self.rendered += 1
                done = stop
            self._count_in(waiting[:done])
            del waiting[:done]
        return self.rendered

    def _set_plain_rows(self, painters: list[PlainRows], rows: Sequence[Sequence[Any]]) -> int:
        """Set the rows before the first that some panel can't paint; returns their number."""
        pages, height = self._pages, self._row_height
        top = pages.y
        painted = [painter.paint(rows, top - self._drop, self.rendered) for painter in painters]
        count = min(done for _, done in painted)
        first = (self.rendered + 1) % 2
        for panel, (cells, done) in zip(self._panels, painted, strict=True):
            if count < done:
                cells = [column[:count] for column in cells]  # noqa: PLW2901 - the same, shorter
            panel.texts.extend(chain.from_iterable(zip(*cells, strict=True)))
            if not self._table.zebra:
                continue
            stripe = f"{pages.left:.2f} %.2f {panel.width:.2f} {height:.2f} re"
            panel.stripes.extend([stripe % (top - (index + 1) * height) for index in range(first, count, 2)])
        pages.y -= count * height
        self.rendered += count
        return count

    def _draw_row(self, row: Sequence[Any]) -> None:
        """Draw a row of any kind."""
        pages, height = self._pages, self._row_height
        if pages.y - height - self._reserve < pages.bottom:
            self._break_page()
        for panel_index, panel in enumerate(self._panels):
            tall = self._set_row(panel, row, pages.y - self._drop)
            if tall:
                self._undo_row(panel_index)
                self._set_tall_row(row)
                break
        else:
            self._stripe(pages.y - height, height)
            pages.y -= height

    def _count_in(self, rows: Sequence[Sequence[Any]]) -> None:
        for index, total in self._totals.items():
            try:
                values = [row[index] for row in rows]
            except IndexError:
                values = [row[index] if index < len(row) else None for row in rows]
            total.extend(values)

    def _set_row(self, panel: Panel, row: Sequence[Any], baseline: float) -> bool:
        """Add a row of one-line cells; True, and an incomplete row, when some text needs more than a line."""
        font, scale, points = self._pages.regular, self._size / 1000, self._points
        widths = font.widths.__getitem__
        left = self._pages.left
        added = []
        count = len(row)
        for column in panel.columns:
            value = row[column.index] if column.index < count else None
            if value is None:
                continue
            text = column.show(value)
            if not text.isascii() or not text.isprintable():
                if "\n" in text or "\r" in text or len(text) > 2000:
                    return True
                text = clean_line(text)
            room = column.width - 2 * PAD
            used = sum(map(widths, text)) * scale
            x = left + column.x + PAD
            if used > room:
                if not column.numeric or used * _MOST_SQUEEZED > room:
                    return True
                squeezed = f"{100 * room / used:.1f} Tz 1 0 0 1 {x:.2f} {baseline:.2f} Tm"
                added.append(f"{squeezed} {font.show(text, points)} 100 Tz")
                continue
            if column.align == "right":
                x += room - used
            elif column.align == "center":
                x += (room - used) / 2
            added.append(f"1 0 0 1 {x:.2f} {baseline:.2f} Tm {font.show(text, points)}")
        panel.texts.append("\n".join(added))
        return False

    def _undo_row(self, failed_panel: int) -> None:
        for panel in self._panels[:failed_panel]:
            panel.texts.pop()

    def _set_tall_row(self, row: Sequence[Any]) -> None:
        """Draw a row whose cells have several lines, on as many pages as it takes."""
        cells = [[self._lines(column, row) for column in panel.columns] for panel in self._panels]
        count = max((len(lines) for panel in cells for lines in panel), default=1)
        pages = self._pages
        body = pages.top - pages.bottom - self._head.height
        needed = count * self._leading + 2 * self._pad + self._reserve
        if needed <= body and pages.y - pages.bottom + 0.01 < needed:
            self._break_page()
        start = 0
        while start < count:
            fitting = min(self._fitting_lines(), count - start)
            if fitting < 1:
                self._break_page()
                continue
            self._set_lines(cells, start, start + fitting)
            start += fitting

    def _fitting_lines(self) -> int:
        return int((self._pages.y - self._pages.bottom - 2 * self._pad + 0.01) / self._leading)

    def _set_lines(self, cells: list[list[list[str]]], start: int, stop: int) -> None:
        top = self._pages.y
        for panel, columns in zip(self._panels, cells, strict=True):
            for column, lines in zip(panel.columns, columns, strict=True):
                for offset, line in enumerate(lines[start:stop]):
                    panel.texts.append(self._cell(column, line, top - self._drop - offset * self._leading))
        height = (stop - start) * self._leading + 2 * self._pad
        self._stripe(top - height, height)
        self._pages.y -= height

    def _cell(self, column: Placed, text: str, baseline: float, *, bold: bool = False) -> str:
        x, shown = self._text.in_column(column, text, bold=bold)
        return _CELL % (x, baseline, shown)

    def _lines(self, column: Placed, row: Sequence[Any]) -> list[str]:
        value = row[column.index] if column.index < len(row) else None
        if value is None:
            return []
        return wrap(column.show(value), self._pages.regular, self._size, column.width - 2 * PAD)

    def _stripe(self, y: float, height: float) -> None:
        """Shade every other row of the table."""
        if self.rendered % 2 == 0 or not self._table.zebra:
            return
        for panel in self._panels:
            panel.stripes.append(f"{self._pages.left:.2f} {y:.2f} {panel.width:.2f} {height:.2f} re")

    def _draw_header(self) -> None:
        """Column titles, over a line."""
        self._head.draw()
        self._header_foot = self._pages.y

    def _draw_totals(self) -> None:
        pages = self._pages
        if pages.y - self._row_height - 2 < pages.bottom:
            self._break_page()
        pages.y -= 2
        word = pages.formats.say("average" if self._only_averages else "total")
        for panel in self._panels:
            panel.texts.append(f"/{pages.bold.name} {self._points} Tf")
            width = panel.width
            panel.rules.append(f"{pages.theme.accent} rg {pages.left:.2f} {pages.y:.2f} {width:.2f} 0.7 re f")
            for column in panel.columns:
                total = self._totals.get(column.index)
                if total is None:
                    continue
                self._draw_total(panel, column, self._total_text(total, column))
            if panel.columns[0].index not in self._totals:
                panel.texts.append(
                    self._cell(self._name_column(panel), word, pages.y - self._drop, bold=True)
                )
        pages.y -= self._row_height

    def _total_text(self, total: ColumnTotal, column: Placed) -> str:
        return total.text(column.show) if self._only_averages else total.marked(column.show)

    def _name_column(self, panel: Panel) -> Placed:
        """Where the word for the totals stands."""
        return panel.columns[0]

    def _draw_total(self, panel: Panel, column: Placed, text: str) -> None:
        """One total, set smaller when it is wider than its column."""
        room = column.width - 2 * PAD
        used = self._pages.bold.width(text, self._size)
        baseline = self._pages.y - self._drop
        if used <= room:
            panel.texts.append(self._cell(column, text, baseline, bold=True))
            return
        panel.texts.append(f"{100 * room / used:.1f} Tz")
        x = self._pages.left + column.x + PAD
        panel.texts.append(f"1 0 0 1 {x:.2f} {baseline:.2f} Tm {self._pages.bold.show(text, self._points)}")
        panel.texts.append("100 Tz")

    def _draw_note(self, text: str) -> None:
        """What stands in place of rows, over the table's width."""
        pages, panel = self._pages, self._panels[0]
        self._panels = [panel]
        for line in wrap(text, pages.regular, self._size, panel.width - 2 * PAD):
            if pages.y - self._row_height < pages.bottom:
                self._break_page()
            panel.texts.append(f"{pages.theme.muted} rg {self._line(panel, line, 0.0, pages.y - self._drop)}")
            pages.y -= self._leading
        pages.y -= self._row_height - self._leading

    def _line(self, panel: Panel, text: str, indent: float, baseline: float, *, bold: bool = False) -> str:
        """A text over several columns, from the side on which lines start."""
        x, shown = self._text.over_columns(panel, text, from_right=self._mirrored, indent=indent, bold=bold)
        return f"1 0 0 1 {x:.2f} {baseline:.2f} Tm {shown}"

    def _break_page(self) -> None:
        self._flush(last=False)
        self._draw_header()

    def _flush(self, *, last: bool) -> None:
        """Put the panels on their pages, and start the next page unless the table is done."""
        pages = self._pages
        landscape, foot = self._plan.landscape, pages.y
        for index, panel in enumerate(self._panels):
            if index:
                pages.next_page(landscape=landscape)
            panel.put(pages.ops, pages.left, self._header_foot, pages.theme)
        pages.y = foot
        if not pages.measuring:
            self._on_rows(self.rendered, self._table)
        if not last:
            pages.next_page(landscape=landscape)
