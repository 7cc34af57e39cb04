"""Tables with more than plain cells: groups with their own totals, conditional formats, sparklines.

Such a table takes a longer way for each row than `TableWriter`; one that has none of it never comes here.
Rows still come from an iterator and leave with their page: of a group only its sums are kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain
from typing import Any

from shared.reports.blocks import Rule, Table
from shared.reports.tables import group_key
from worker.render import theme
from worker.render.cells import Formatter, formatter, is_course
from worker.render.charts.spark import draw_spark
from worker.render.columns import PAD, Placed
from worker.render.page import Pages
from worker.render.panel import Panel
from worker.render.rules import chooser
from worker.render.table import RowsFn, TableWriter
from worker.render.text import shorten
from worker.render.totals import ColumnTotal

_INDENT = 9.0
#: points that are left to the first column of a grouped table
_NARROWEST = 90.0
# A row and the totals after it stand together up to this part of a page.
_MOST_RESERVED = 0.4


def table_writer(pages: Pages, table: Table, on_rows: RowsFn) -> TableWriter:
    """The writer for what the table has."""
    if table.group_by or any(column.rules or column.format == "sparkline" for column in table.columns):
        return StyledTableWriter(pages, table, on_rows)
    return TableWriter(pages, table, on_rows)


class Group:
    """Rows with the same values in the columns of some levels."""

    def __init__(self, level: int, label: str, totals: dict[int, ColumnTotal]) -> None:
        self.level = level
        self.label = label
        self.totals = totals


class StyledTableWriter(TableWriter):
    """Draws one table with groups, rules or sparklines."""

    def __init__(self, pages: Pages, table: Table, on_rows: RowsFn) -> None:
        super().__init__(pages, table, on_rows)
        self._choosers = {
            index: chooser(column.rules) for index, column in enumerate(table.columns) if column.rules
        }
        self._courses = {i for i, column in enumerate(table.columns) if column.format == "sparkline"}
        # how the cells of the current row look, by column
        self._styles: dict[int, Rule] = {}
        self._row: Sequence[Any] = ()
        self._groups: list[Group] = []
        self._indent_rows()
        self._keys: list[Any] = []
        self._labels: list[Formatter] = [
            formatter(
                table.columns[index], [row[index] for row in self._sample if index < len(row)], pages.formats
            )
            for index in table.group_by
        ]

    def _indent_rows(self) -> None:
        """Rows stand to the right of the names of their groups where the first column has room for it."""
        indent = len(self._table.group_by) * _INDENT
        for panel in self._panels:
            first = panel.columns[0]
            if first.align == self._start and first.width - indent >= _NARROWEST:
                x = first.x if self._mirrored else first.x + indent
                panel.columns = (replace(first, x=x, width=first.width - indent), *panel.columns[1:])

    def _name_column(self, panel: Panel) -> Placed:
        first = panel.columns[0]
        if first.align != self._start:
            return first
        if self._mirrored:
            return replace(first, width=panel.width - first.x)
        return replace(first, x=0.0, width=first.x + first.width)

    @property
    def _start(self) -> str:
        """How a cell is aligned whose lines start at its edge."""
        return "right" if self._mirrored else "left"

    @property
    def start_height(self) -> float:
        """With the names of the first row's groups, and all totals that may follow the row."""
        levels = len(self._table.group_by)
        return super().start_height + levels * (self._row_height + 2) + levels * self._subtotal_height

    @property
    def _subtotal_height(self) -> float:
        return self._row_height + 2 if self._totals else 0.0

    def _draw_rows(self, rows: Iterator[Sequence[Any]]) -> int:
        following = chain(rows, (None,))
        row = next(following)
        while row is not None:
            after = next(following)
            reserve = self._subtotal_height * self._ending_with(row, after)
            self._reserve = min(reserve, (self._pages.top - self._pages.bottom) * _MOST_RESERVED)
            if self._table.group_by:
                self._enter_groups(row)
            self._add_to_totals(row)
            self._draw_row(row)
            self.rendered += 1
            row = after
        self._leave_groups(0)
        return self.rendered

    def _keys_of(self, row: Sequence[Any]) -> list[object]:
        return [group_key(row[index] if index < len(row) else None) for index in self._table.group_by]

    def _ending_with(self, row: Sequence[Any], after: Sequence[Any] | None) -> int:
        """How many totals follow the row at once."""
        levels = len(self._table.group_by)
        if after is None:
            return levels + 1
        keys, others = self._keys_of(row), self._keys_of(after)
        same = next((level for level in range(levels) if keys[level] != others[level]), levels)
        return levels - same

    def _add_to_totals(self, row: Sequence[Any]) -> None:
        for totals in (self._totals, *(group.totals for group in self._groups)):
            for index, total in totals.items():
                total.add(row[index] if index < len(row) else None)

    def _draw_row(self, row: Sequence[Any]) -> None:
        pages, height = self._pages, self._row_height
        self._row = row
        self._styles = {
            index: rule
            for index, choose in self._choosers.items()
            if (rule := choose(row[index] if index < len(row) else None)) is not None
        }
        if pages.y - height - self._reserve < pages.bottom:
            self._break_page()
        for number, panel in enumerate(self._panels):
            if self._set_row(panel, row, pages.y - self._drop):
                self._undo_row(number)
                self._set_tall_row(row)
                break
        else:
            self._stripe(pages.y - height, height)
            self._fill(pages.y, height)
            self._draw_courses(pages.y, height)
            pages.y -= height
        self._styles = {}

    def _set_row(self, panel: Panel, row: Sequence[Any], baseline: float) -> bool:
        styled = self._styles.keys() | self._courses
        if not styled:
            return super()._set_row(panel, row, baseline)
        plain = [None if index in styled else value for index, value in enumerate(row)]
        if super()._set_row(panel, plain, baseline):
            return True
        added = [panel.texts.pop()]
        for column in panel.columns:
            if column.index not in styled or column.index >= len(row) or row[column.index] is None:
                continue
            lines = self._lines(column, row)
            if len(lines) > 1:
                # a text for `_undo_row` to take away is not there
                return True
            if lines and lines[0]:
                added.append(self._cell(column, lines[0], baseline))
        panel.texts.append("\n".join(text for text in added if text))
        return False

    def _cell(self, column: Placed, text: str, baseline: float, *, bold: bool = False) -> str:
        rule = self._styles.get(column.index)
        if rule is None or bold:
            return super()._cell(column, text, baseline, bold=bold)
        shown = super()._cell(column, text, baseline, bold=rule.bold)
        ink = self._pages.theme.ink
        if rule.bold:
            fonts = self._pages.bold.name, self._pages.regular.name
            shown = f"/{fonts[0]} {self._points} Tf {shown} /{fonts[1]} {self._points} Tf"
        if rule.tone == "flat":
            return shown
        return f"{self._pages.theme.tone(rule.tone)} rg {shown} {ink} rg"

    def _set_lines(self, cells: list[list[list[str]]], start: int, stop: int) -> None:
        top = self._pages.y
        super()._set_lines(cells, start, stop)
        self._fill(top, top - self._pages.y)
        if start == 0:
            self._draw_courses(top, self._row_height)

    def _draw_courses(self, top: float, height: float) -> None:
        """Lines in cells."""
        row = self._row
        for panel in self._panels:
            for column in panel.columns:
                if column.index not in self._courses or column.index >= len(row):
                    continue
                value = row[column.index]
                if is_course(value):
                    x = self._pages.left + column.x + PAD + 2
                    box = (x, top - height + 3.5, max(column.width - 2 * PAD - 4, 4), height - 7)
                    panel.rules.extend(draw_spark(value, box, self._pages.theme.accent))

    def _fill(self, top: float, height: float) -> None:
        for panel in self._panels:
            for column in panel.columns:
                rule = self._styles.get(column.index)
                if rule is not None and rule.fill:
                    color = self._pages.theme.tint(rule.tone)
                    if rule.tone == "flat":
                        color = theme.mixed(self._pages.theme.accent, 0.12)
                    x = self._pages.left + column.x
                    panel.rules.append(
                        f"{color} rg {x:.2f} {top - height:.2f} {column.width:.2f} {height:.2f} re f"
                    )

    # groups

    def _enter_groups(self, row: Sequence[Any]) -> None:
        """End the groups that the row does not belong to, and open its own."""
        keys = self._keys_of(row)
        same = 0
        while same < len(self._keys) and keys[same] == self._keys[same]:
            same += 1
        if same == len(keys) and self._groups:
            return
        self._leave_groups(same)
        for level in range(same, len(keys)):
            label = "–" if keys[level] is None else self._labels[level](row[self._table.group_by[level]])
            totals = {
                index: ColumnTotal(column.total, column.title, self._pages.formats)
                for index, column in enumerate(self._table.columns)
                if column.total is not None
            }
            self._groups.append(Group(level, label, totals))
            self._draw_group_head(self._groups[-1], levels_below=len(keys) - level)
        self._keys = keys

    def _leave_groups(self, depth: int) -> None:
        """End groups down to that many, each with its totals."""
        while len(self._groups) > depth:
            group = self._groups.pop()
            if group.totals:
                self._draw_subtotals(group)
        self._keys = self._keys[:depth]

    def _draw_group_head(self, group: Group, levels_below: int, note: str = "") -> None:
        """A line with the group's value; together with its first row it stays on one page."""
        pages, height = self._pages, self._row_height + 2
        below = height * levels_below + self._row_height + self._reserve
        if not note and pages.y - below < pages.bottom:
            # the groups around it are named again there; this one is named as a new one
            opened = self._groups.pop()
            self._break_page()
            self._groups.append(opened)
        indent = group.level * _INDENT
        for panel in self._panels:
            room = panel.width - indent - 2 * PAD
            label = pages.fitted(group.label + note, pages.bold, self._size, room, "the name of a group")
            line = self._line(panel, label, indent, pages.y - self._drop - 1, bold=True)
            panel.texts.append(
                f"/{pages.bold.name} {self._points} Tf {line} /{pages.regular.name} {self._points} Tf"
            )
            if group.level == 0:
                color = theme.mixed(pages.theme.accent, 0.1)
                box = f"{pages.left:.2f} {pages.y - height:.2f} {panel.width:.2f} {height:.2f} re f"
                panel.rules.append(f"{color} rg {box}")
        pages.y -= height

    def _draw_subtotals(self, group: Group) -> None:
        pages = self._pages
        if pages.y - self._row_height < pages.bottom:
            self._break_page()
        for panel in self._panels:
            y = f"{pages.y:.2f}"
            right = pages.left + panel.width
            panel.rules.append(f"{pages.theme.rule} RG 0.5 w {pages.left:.2f} {y} m {right:.2f} {y} l S")
            panel.texts.append(f"/{pages.bold.name} {self._points} Tf")
            self._draw_subtotal_label(panel, group)
            for column in panel.columns:
                total = group.totals.get(column.index)
                if total is not None:
                    self._draw_total(panel, column, self._total_text(total, column))
            panel.texts.append(f"/{pages.regular.name} {self._points} Tf")
        pages.y -= self._row_height + 2

    def _draw_subtotal_label(self, panel: Panel, group: Group) -> None:
        """Over the columns before the first total."""
        pages = self._pages
        free = 0.0
        for column in panel.columns:
            if column.index in group.totals:
                break
            free = panel.width - column.x if self._mirrored else column.x + column.width
        room = free - 2 * PAD - group.level * _INDENT
        if room < 30:
            return
        key = "averageOf" if self._only_averages else "subtotal"
        text = shorten(pages.formats.say(key, group=group.label), pages.bold, self._size, room)
        indent = group.level * _INDENT
        panel.texts.append(self._line(panel, text, indent, pages.y - self._drop, bold=True))

    def _break_page(self) -> None:
        super()._break_page()
        note = f" ({self._pages.formats.say('continued')})"
        for group in self._groups:
            self._draw_group_head(group, 0, note)
