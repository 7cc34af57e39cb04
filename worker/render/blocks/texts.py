"""Titles, headings, running text, code."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from shared.reports.blocks import Align, Callout, Code, Heading, Paragraph, Quote, Span
from worker.render import theme
from worker.render.bidi import base_level
from worker.render.fonts import Font
from worker.render.page import Pages
from worker.render.rich import Line, draw_rich, is_plain, rich_lines
from worker.render.text import wrap

_LOGO = (150.0, 40.0)
_CODE_SIZE = 8.0
#: boxes up to this part of a page are not divided
_KEPT = 0.4
_Part = TypeVar("_Part")


def draw_lines(pages: Pages, text: str, font: Font, size: float, color: str) -> None:
    """Wrapped text from the cursor down, over pages when it must."""
    leading = size * theme.LEADING
    for line in wrap(text, font, size, pages.width):
        pages.need(leading)
        pages.text(pages.left, pages.y - size, line, font=font, size=size, color=color)
        pages.y -= leading


def draw_rich_lines(pages: Pages, lines: list[Line], size: float, color: str, align: Align = "left") -> None:
    """Lines from the cursor down; neither the first nor the last of several stands alone on a page."""
    leading = size * theme.LEADING
    for index, line in enumerate(lines):
        pair = len(lines) > 1 and index in (0, len(lines) - 2)
        pages.need(leading * (2 if pair else 1))
        draw_rich(pages, line, pages.left, pages.y - size, size, color, align, pages.width)
        pages.y -= leading


def draw_title(pages: Pages, title: str, subtitle: str) -> None:
    """The report's own title and its logo, on the first page."""
    pages.y = pages.page_size[1] - max(44.0, pages.setup.top - 18)
    right, floor = pages.right, pages.y
    if pages.theme.logo is not None:
        width, height = _draw_logo(pages, pages.theme.logo)
        pages.right -= width + 20
        floor -= height
    draw_lines(pages, title, pages.bold, theme.TITLE_SIZE * pages.theme.scale, pages.theme.ink)
    if subtitle.strip():
        pages.y -= 1
        draw_lines(pages, subtitle, pages.regular, 11.5 * pages.theme.scale, pages.theme.muted)
    pages.right = right
    if len(pages.ops) and pages.page_number == 1:
        pages.y = min(pages.y, floor)
    pages.y -= theme.GAP


def _draw_logo(pages: Pages, content: bytes) -> tuple[float, float]:
    picture = pages.open_picture(content, "data.theme.logo")
    scale = min(_LOGO[0] / picture.width, _LOGO[1] / picture.height)
    width, height = picture.width * scale, picture.height * scale
    pages.picture(picture, pages.right - width, pages.y - height, width, height)
    return width, height


def draw_heading(pages: Pages, block: Heading, place: str | None = None) -> None:
    """A section's title, and its line in the outline."""
    size = theme.HEADING_SIZES[block.level - 1] * pages.theme.scale
    if not pages.measuring and place is not None:
        pages.bookmark(block.text, block.level - 1, place)
    color = pages.theme.accent if block.level == 3 else pages.theme.ink
    draw_lines(pages, block.text, pages.bold, size, color)
    pages.y -= (5, 4, 2)[block.level - 1]


def draw_paragraph(pages: Pages, block: Paragraph) -> None:
    """Running text."""
    color, size = (pages.theme.muted, 8.5) if block.muted else (pages.theme.ink, theme.BODY_SIZE)
    size *= pages.theme.scale
    spans = block.spans or (Span(block.text),)
    leads_right = block.align == "left" and not block.text.isascii() and base_level(block.text) == 1
    align = "right" if leads_right else block.align
    if align == "left" and is_plain(spans):
        # without a detour over pieces, and with the whole line to be shaped at once
        lines = wrap(block.text, pages.regular, size, pages.width)
        _draw_plain(pages, lines, size, color)
        return
    draw_rich_lines(pages, rich_lines(pages, spans, size, pages.width), size, color, align)


def _draw_plain(pages: Pages, lines: list[str], size: float, color: str) -> None:
    leading = size * theme.LEADING
    for index, line in enumerate(lines):
        pair = len(lines) > 1 and index in (0, len(lines) - 2)
        pages.need(leading * (2 if pair else 1))
        pages.text(pages.left, pages.y - size, line, size=size, color=color)
        pages.y -= leading


def draw_callout(pages: Pages, block: Callout) -> None:
    """Text on a tint with a bar at its left; a part of it on each page when it is long."""
    size = theme.BODY_SIZE * pages.theme.scale
    width = pages.width - 26
    lines = rich_lines(pages, block.spans or (Span(block.text),), size, width)
    if block.title:
        lines = [*rich_lines(pages, (Span(block.title, bold=True),), size, width), *lines]
    color = pages.theme.accent if block.tone == "flat" else pages.theme.tone(block.tone)

    def back(y: float, height: float) -> None:
        pages.rect(pages.left, y, pages.width, height, pages.theme.tint(block.tone))
        pages.rect(pages.left, y, 3, height, color)

    def put(line: Line, y: float) -> None:
        draw_rich(pages, line, pages.left + 14, y, size, pages.theme.ink)

    _draw_boxed(pages, lines, size, size * theme.LEADING, back, put)


def draw_quote(pages: Pages, block: Quote) -> None:
    """Slanted text beside a thin bar, and who said it."""
    size = (theme.BODY_SIZE + 0.5) * pages.theme.scale
    spans = tuple(Span(span.text, span.bold, not span.code, span.code, span.link) for span in block.spans)
    lines = rich_lines(pages, spans, size, pages.width - 22)

    def back(y: float, height: float) -> None:
        pages.rect(pages.left, y, 2, height, pages.theme.rule)

    def put(line: Line, y: float) -> None:
        draw_rich(pages, line, pages.left + 14, y, size, pages.theme.ink)

    after = 1 + 8.5 * theme.LEADING if block.source else 0.0
    _draw_boxed(pages, lines, size, size * theme.LEADING, back, put, pad=1.5, after=after)
    if block.source:
        pages.y -= 1
        pages.left += 14
        draw_lines(pages, f"— {block.source}", pages.regular, 8.5, pages.theme.muted)
        pages.left -= 14


def draw_code(pages: Pages, block: Code) -> None:
    """Lines of a fixed-width font on a tint; longer ones go on in the next."""
    size = _CODE_SIZE * pages.theme.scale
    if block.title:
        pages.need(size * theme.LEADING * 4)
        draw_lines(pages, block.title, pages.regular, theme.SMALL_SIZE, pages.theme.muted)
        pages.y -= 2
    text = block.text.expandtabs(4).replace(" ", "\u00a0")
    lines = wrap(text, pages.mono, size, pages.width - 20)

    def back(y: float, height: float) -> None:
        pages.rect(pages.left, y, pages.width, height, pages.theme.card)

    def put(line: str, y: float) -> None:
        shown = line.replace("\u00a0", " ")
        pages.text(pages.left + 10, y, shown, font=pages.mono, size=size, color=pages.theme.ink)

    _draw_boxed(pages, lines, size, size * 1.35, back, put)


def _draw_boxed(
    pages: Pages,
    lines: Sequence[_Part],
    size: float,
    leading: float,
    back: Callable[[float, float], None],
    put: Callable[[_Part, float], None],
    pad: float = 6.5,
    after: float = 0.0,
) -> None:
    """Lines over a background that `back` draws (lower edge, height), in as many parts as it takes pages.

    `after`: the height of what follows and belongs to it.
    """
    start = 0
    whole = leading * len(lines) + 2 * pad + after
    if whole < _KEPT * (pages.top - pages.bottom):
        pages.need(whole)
    while start < len(lines):
        pages.need(leading * min(2, len(lines) - start) + 2 * pad)
        count = max(1, min(len(lines) - start, int((pages.room - 2 * pad) / leading)))
        height = count * leading + 2 * pad
        back(pages.y - height, height)
        for index, line in enumerate(lines[start : start + count]):
            put(line, pages.y - pad - size - index * leading)
        pages.y -= height
        start += count
