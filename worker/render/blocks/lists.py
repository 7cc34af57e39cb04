"""Lists with dots or numbers, nested as deep as they come."""

from __future__ import annotations

from shared.reports.blocks import BulletList, ListItem
from worker.render import theme
from worker.render.bidi import RIGHT_TO_LEFT_MARK
from worker.render.page import Pages
from worker.render.rich import draw_rich, rich_lines

_INDENT = 15.0
#: deeper items are not moved further to the right
_MAX_INDENTS = 6
_MARKS = ("•", "–", "·")


def draw_list(pages: Pages, block: BulletList) -> None:
    """All items, each with its mark before its first line."""
    last = block.start + len(block.items) - 1
    widest = pages.regular.width(_numbered(pages, last), theme.BODY_SIZE * pages.theme.scale)
    indent = max(_INDENT, widest + 6) if block.ordered else _INDENT
    for number, item in enumerate(block.items, block.start):
        _draw_item(pages, item, _numbered(pages, number) if block.ordered else _MARKS[0], 0, indent)
    pages.y += 2


def _numbered(pages: Pages, number: int) -> str:
    text = f"{pages.formats.local(str(number))}."
    return RIGHT_TO_LEFT_MARK + text if pages.mirrored else text


def _draw_item(pages: Pages, item: ListItem, mark: str, depth: int, indent: float) -> None:
    size = theme.BODY_SIZE * pages.theme.scale
    leading = size * theme.LEADING
    left = pages.left + indent + min(depth, _MAX_INDENTS) * _INDENT
    lines = rich_lines(pages, item.spans, size, pages.right - left)
    for index, line in enumerate(lines):
        pages.need(leading * (2 if index == 0 and len(lines) > 1 else 1))
        if index == 0:
            align = "right" if mark[-1] == "." else "left"
            x = left - 5 if align == "right" else left - 10
            pages.text(x, pages.y - size, mark, size=size, color=pages.theme.muted, align=align)
        draw_rich(pages, line, left, pages.y - size, size, pages.theme.ink, width=pages.right - left)
        pages.y -= leading
    pages.y -= 2
    for child in item.children:
        _draw_item(pages, child, _MARKS[min(depth + 1, len(_MARKS) - 1)], depth + 1, indent)
