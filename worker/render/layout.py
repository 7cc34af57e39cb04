"""Puts blocks on pages, one after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import chain
from typing import Any

from shared.reports import blocks as b
from shared.reports.blocks import Block, Columns, Heading, Paragraph, Table
from worker.render import theme
from worker.render.blocks import cards, lists, media, pairs, texts
from worker.render.charts import draw_chart, fitted_chart
from worker.render.contents import ContentsPlan, draw_contents, place_of
from worker.render.direction import runs_left, text_runs_left
from worker.render.frames import frame, height_of
from worker.render.page import Pages
from worker.render.styled import table_writer
from worker.render.table import TableWriter
from worker.render.text import wrap

_COLUMN_GAP = 22.0
#: points above a heading, beside the gap between blocks
_ABOVE_HEADING = (2.0, 0.0, 0.0)

_DRAWERS: dict[type[Any], Callable[[Pages, Any], None]] = {
    b.Paragraph: texts.draw_paragraph,
    b.BulletList: lists.draw_list,
    b.Quote: texts.draw_quote,
    b.Code: texts.draw_code,
    b.Callout: texts.draw_callout,
    b.KeyValue: pairs.draw_key_value,
    b.Metrics: cards.draw_metrics,
    b.Totals: pairs.draw_totals,
    b.Image: media.draw_image,
    b.Barcode: media.draw_barcode,
    b.Signature: pairs.draw_signature,
}


class Layout:
    """Draws blocks and counts what went into tables."""

    def __init__(self, pages: Pages, on_rows: Callable[[int, Table], None]) -> None:
        self._pages = pages
        self._on_rows = on_rows
        #: rows of the request that stand on a page
        self.rows_rendered = 0
        self.warnings: list[str] = []
        self._control_totals: list[str] = []
        self._headings = 0
        self._lying = pages.setup.landscape
        # The first table when it had to be measured before the first page could begin.
        self._opened: TableWriter | None = None

    @property
    def control_totals(self) -> tuple[str, ...]:
        """What the totals of all tables came to."""
        return tuple(self._control_totals)

    def draw_all(
        self, title: str, subtitle: str, blocks: Iterable[Block], contents: ContentsPlan | None = None
    ) -> None:
        """Draw the title and all blocks; a heading goes to the page on which what follows it begins."""
        blocks = self._turn_for_wide_table(iter(blocks))
        with self._pages.mirroring(self._pages.rtl or text_runs_left(title)):
            texts.draw_title(self._pages, title, subtitle)
        if contents is not None and contents.headings:
            draw_contents(self._pages, contents)
            self._pages.y -= theme.GAP
        self._draw_flow(blocks)

    def _draw_flow(self, blocks: Iterable[Block]) -> None:
        """Blocks under each other in the current frame."""
        waiting: list[Heading] = []
        for block in blocks:
            if isinstance(block, Heading):
                waiting.append(block)
                continue
            self._prepare(block)
            self._leave_turned_page([*waiting, block])
            self._draw_headings(waiting, self._first_part(block))
            waiting = []
            self._draw(block)
            self._pages.y -= theme.GAP
        self._draw_headings(waiting, 0.0)

    def _prepare(self, block: Block) -> None:
        """Measure a table before its headings are drawn: they stand on the page that it needs turned."""
        if isinstance(block, Table) and block.columns:
            if self._opened is None:
                self._opened = table_writer(self._pages, block, self._on_rows)
            self._opened.turn_page()

    def _leave_turned_page(self, blocks: list[Block]) -> None:
        """Below a table that turned its page stands only what fits there: the next page is less wide."""
        pages = self._pages
        turned = pages.page_size != pages.setup.oriented and not pages.measuring
        if not turned or isinstance(blocks[-1], (Table, b.PageBreak, b.Spacer)):
            return
        if self._height(tuple(blocks), (pages.left, pages.right)) > pages.room:
            pages.next_page()

    def _draw_headings(self, headings: list[Heading], following: float) -> None:
        """Headings that follow each other, kept together with what comes after them."""
        if not headings:
            return
        pages = self._pages
        above = sum(theme.HEADING_SIZES[heading.level - 1] * 2.2 for heading in headings)
        pages.need(min(above + following, pages.top - pages.bottom))
        for heading in headings:
            if not pages.at_top:
                pages.y -= _ABOVE_HEADING[heading.level - 1]
            with pages.mirroring(runs_left(heading, rtl=pages.rtl)):
                texts.draw_heading(pages, heading, place_of(self._headings))
            self._headings += 1

    def _turn_for_wide_table(self, blocks: Iterator[Block]) -> Iterator[Block]:
        """Turn the first page when all it holds is a title, a few words, and a table too wide for it."""
        ahead: list[Block] = []
        for block in blocks:
            ahead.append(block)
            if isinstance(block, Table) and block.columns:
                self._opened = table_writer(self._pages, block, self._on_rows)
                if self._opened.landscape:
                    self._pages.turn(landscape=True)
            if not isinstance(block, Paragraph):
                break
        return chain(ahead, blocks)

    def _draw(self, block: Block) -> None:
        mirrored = runs_left(block, rtl=self._pages.rtl)
        if mirrored == self._pages.mirrored:
            self._draw_directed(block)
            return
        with self._pages.mirroring(mirrored):
            self._draw_directed(block)

    def _draw_directed(self, block: Block) -> None:
        if isinstance(block, b.Chart):
            self._draw_chart(block)
        elif isinstance(block, Table):
            self._draw_table(block)
        elif isinstance(block, Columns):
            self._draw_columns(block)
        elif isinstance(block, b.Spacer):
            self._pages.y -= min(block.height, max(self._pages.room, 0.0))
        elif isinstance(block, b.PageBreak):
            self._break_page(block)
        else:
            _DRAWERS[type(block)](self._pages, block)

    def _break_page(self, block: b.PageBreak) -> None:
        """Start a page, and lie as the break says until the next break."""
        pages = self._pages
        landscape = self._lying if block.landscape is None else block.landscape
        pages.setup = replace(pages.setup, landscape=landscape)
        if not pages.at_top:
            pages.next_page()
        elif pages.page_size != pages.setup.oriented:
            pages.turn(landscape=landscape)
        # the gap that follows every block is taken back
        pages.y += theme.GAP

    def _draw_chart(self, chart: b.Chart) -> None:
        if not chart.labels and chart.kind != "scatter":
            return
        chart, height = fitted_chart(self._pages, chart)
        self._pages.need(min(height, self._pages.page_room))
        warning = draw_chart(self._pages, chart)
        if warning and not self._pages.measuring:
            self.warnings.append(warning)

    def _draw_table(self, table: Table) -> None:
        if table.title:
            self._pages.need(self._first_part(table))
            texts.draw_lines(
                self._pages,
                table.title,
                self._pages.bold,
                9.0 * self._pages.theme.scale,
                self._pages.theme.ink,
            )
            self._pages.y -= 3
        if not table.columns:
            text = table.empty_text or self._pages.formats.say("noRows")
            texts.draw_paragraph(self._pages, Paragraph(text, muted=True))
            return
        writer, self._opened = self._opened or table_writer(self._pages, table, self._on_rows), None
        self.warnings.extend(writer.draw())
        self._control_totals.extend(writer.control_totals())
        if table.counted:
            self.rows_rendered += writer.rendered

    def _draw_columns(self, block: Columns) -> None:
        """Side by side when a page has room for the tallest, else one below the other."""
        pages = self._pages
        edges = self._edges(block)
        heights = [self._height(group, edge) for group, edge in zip(block.groups, edges, strict=True)]
        tallest = max(heights, default=0.0)
        if tallest > pages.top - pages.bottom:
            for group in block.groups:
                self._draw_flow(group)
            return
        pages.need(tallest)
        # a new page may have other edges
        edges, top = self._edges(block), pages.y
        for group, (left, right) in zip(block.groups, edges, strict=True):
            pages.y = top
            with frame(pages, left, right):
                self._draw_flow(group)
        pages.y = top - tallest

    def _height(self, group: tuple[Block, ...], edge: tuple[float, float]) -> float:
        def draw() -> None:
            Layout(self._pages, lambda rows, table: None)._draw_flow(group)

        with frame(self._pages, *edge):
            return max(height_of(self._pages, draw) - theme.GAP, 0.0)

    def _edges(self, block: Columns) -> list[tuple[float, float]]:
        weights = block.weights or (1.0,) * len(block.groups)
        free = self._pages.width - _COLUMN_GAP * (len(weights) - 1)
        left, edges = self._pages.left, []
        for weight in weights:
            width = free * weight / sum(weights)
            edges.append((left, left + width))
            left += width + _COLUMN_GAP
        if self._pages.rtl:
            axis = self._pages.left + self._pages.right
            edges = [(axis - right, axis - left) for left, right in edges]
        return edges

    def _first_part(self, block: Block) -> float:
        """Height that a block needs for its beginning to stand under its heading."""
        if isinstance(block, b.Chart):
            return fitted_chart(self._pages, block)[1]
        if isinstance(block, Columns):
            return max(
                self._height(group, edge)
                for group, edge in zip(block.groups, self._edges(block), strict=True)
            )
        if isinstance(block, Table):
            title = len(wrap(block.title, self._pages.bold, 9.0, self._pages.width)) if block.title else 0
            start = self._opened.start_height if self._opened else 40.0
            return min(title * 9.0 * theme.LEADING + 3 + start, self._pages.top - self._pages.bottom)
        if isinstance(block, (b.Metrics, b.Totals, b.Image, b.Barcode)):
            return 90.0
        return 34.0
