"""Puts blocks on pages, one after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import Any

from shared.reports.blocks import (
    Block,
    Callout,
    Chart,
    Heading,
    KeyValue,
    Metrics,
    Paragraph,
    SideBySide,
    Spacer,
    Table,
    Totals,
)
from worker.render import sketch, theme
from worker.render.chart import chart_height, draw_chart
from worker.render.page import Pages
from worker.render.table import TableWriter


class Layout:
    """Draws blocks and counts what went into tables."""

    def __init__(self, pages: Pages, on_rows: Callable[[int, Table], None]) -> None:
        self._pages = pages
        self._on_rows = on_rows
        #: rows of the request that stand on a page
        self.rows_rendered = 0
        self.warnings: list[str] = []
        self._control_totals: list[str] = []
        # The first table when it had to be measured before the first page could begin.
        self._opened: TableWriter | None = None

    @property
    def control_totals(self) -> tuple[str, ...]:
        """What the totals of all tables came to."""
        return tuple(self._control_totals)

    def draw_all(self, title: Heading, subtitle: str, blocks: Iterable[Block]) -> None:
        """Draw the title and all blocks; a heading goes to the page on which what follows it begins."""
        blocks = self._turn_for_wide_table(iter(blocks))
        sketch.draw_title(self._pages, title.text, subtitle)
        heading: Heading | None = None
        for block in blocks:
            if isinstance(block, Heading):
                if heading is not None:
                    self._draw_heading(heading, 0.0)
                heading = block
                continue
            if heading is not None:
                self._draw_heading(heading, _first_part(block))
                heading = None
            self._draw(block)
            self._pages.y -= theme.GAP
        if heading is not None:
            self._draw_heading(heading, 0.0)

    def _turn_for_wide_table(self, blocks: Iterator[Block]) -> Iterator[Block]:
        """Turn the first page when all it holds is a title, a few words, and a table too wide for it."""
        ahead: list[Block] = []
        for block in blocks:
            ahead.append(block)
            if isinstance(block, Table) and block.columns:
                self._opened = TableWriter(self._pages, block, self._on_rows)
                if self._opened.landscape:
                    self._pages.turn(landscape=True)
            if not isinstance(block, Paragraph):
                break
        return chain(ahead, blocks)

    def _draw_heading(self, heading: Heading, following: float) -> None:
        room = self._pages.top - self._pages.bottom
        self._pages.need(min(theme.HEADING_SIZE * 2 + following, room))
        sketch.draw_heading(self._pages, heading)

    def _draw(self, block: Block) -> None:
        drawers: dict[type[Any], Callable[[Any], None]] = {
            Paragraph: lambda part: sketch.draw_paragraph(self._pages, part),
            Callout: lambda part: sketch.draw_callout(self._pages, part),
            KeyValue: lambda part: sketch.draw_key_value(self._pages, part),
            Metrics: lambda part: sketch.draw_metrics(self._pages, part),
            Totals: lambda part: sketch.draw_totals(self._pages, part),
            SideBySide: lambda part: sketch.draw_side_by_side(self._pages, part),
            Chart: self._draw_chart,
            Table: self._draw_table,
            Spacer: self._draw_spacer,
        }
        drawers[type(block)](block)

    def _draw_chart(self, chart: Chart) -> None:
        if not chart.labels or not chart.series:
            return
        self._pages.need(chart_height(chart))
        warning = draw_chart(self._pages, chart)
        if warning:
            self.warnings.append(warning)

    def _draw_spacer(self, spacer: Spacer) -> None:
        self._pages.y -= min(spacer.height, max(self._pages.room, 0.0))

    def _draw_table(self, table: Table) -> None:
        if not table.columns:
            sketch.draw_paragraph(self._pages, Paragraph(table.empty_text, muted=True))
            return
        writer, self._opened = self._opened, None
        if writer is None:
            writer = TableWriter(self._pages, table, self._on_rows)
        self.warnings.extend(writer.draw())
        self._control_totals.extend(writer.control_totals())
        if table.counted:
            self.rows_rendered += writer.rendered


def _first_part(block: Block) -> float:
    """Height that a block needs for its beginning to stand under its heading."""
    if isinstance(block, Chart):
        return chart_height(block)
    if isinstance(block, Table):
        return 70.0
    if isinstance(block, (Metrics, Totals, SideBySide)):
        return 80.0
    return 30.0
