"""A list of the headings with their pages, which can be clicked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from shared.reports.blocks import Block, Columns, Heading
from worker.render.page import Pages
from worker.render.text import shorten

_SIZES = (10.0, 9.0, 8.5)
_INDENT = 14.0
_ROW = 17.0


@dataclass(frozen=True, slots=True)
class ContentsPlan:
    """What is listed: (number of the heading in the report, heading)."""

    title: str
    headings: tuple[tuple[int, Heading], ...]


def place_of(number: int) -> str:
    """The name of a heading's spot."""
    return f"heading-{number}"


def headings_of(blocks: Iterable[Block], depth: int) -> tuple[tuple[int, Heading], ...]:
    """The headings of a report down to a level."""
    return tuple(pair for pair in enumerate(_headings(blocks)) if pair[1].level <= depth)


def _headings(blocks: Iterable[Block]) -> Iterator[Heading]:
    """All of them in the order in which they are drawn."""
    for block in blocks:
        if isinstance(block, Heading):
            yield block
        elif isinstance(block, Columns):
            for group in block.groups:
                yield from _headings(group)


def draw_contents(pages: Pages, plan: ContentsPlan) -> None:
    """One line for each heading, its page at the right edge."""
    if plan.title:
        pages.text(pages.left, pages.y - 12, plan.title, font=pages.bold, size=12.0)
        pages.y -= 22
    for number, heading in plan.headings:
        _draw_line(pages, number, heading)


def _draw_line(pages: Pages, number: int, heading: Heading) -> None:
    pages.need(_ROW)
    size = _SIZES[heading.level - 1]
    font = pages.bold if heading.level == 1 else pages.regular
    left = pages.left + (heading.level - 1) * _INDENT
    right, y, place = pages.right, pages.y - size, place_of(number)
    text = shorten(heading.text, font, size, right - left - 40)
    pages.text(left, y, text, font=font, size=size)
    end = left + font.width(text, size) + 5
    dots = (
        f"{pages.theme.rule} RG 0.9 w 1 J [0 3.2] 0 d {end:.2f} {y:.2f} m {right - 26:.2f} {y:.2f} l S [] 0 d"
    )
    pages.ops.append(dots)
    pages.link(left, y - 3, right - left, _ROW - 3, f"#{place}")

    def draw_number() -> None:
        page = pages.page_of(place)
        shown = "" if page is None else pages.formats.number(page)
        pages.text(right, y, shown, size=size, color=pages.theme.ink, align="right")

    pages.later(draw_number)
    pages.y -= _ROW
