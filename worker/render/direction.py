"""Which way a block runs: as its document, or to the left when its first letters do."""

from __future__ import annotations

from typing import Any

from shared.reports import blocks as b
from shared.reports.blocks import Block, ListItem, plain_text
from worker.render.bidi import base_level

# What looks the same in every language, or arranges its own parts.
_NEVER_MIRRORED = (b.Code, b.Chart)
_AS_DOCUMENT = (b.Table, b.Columns, b.Image, b.Barcode, b.Spacer, b.PageBreak)


def runs_left(block: Block, *, rtl: bool) -> bool:
    """Whether a block is drawn from right to left in a document that does so or not."""
    if isinstance(block, _NEVER_MIRRORED):
        return False
    if rtl or isinstance(block, _AS_DOCUMENT):
        return rtl
    return text_runs_left(_first_words(block))


def text_runs_left(text: str) -> bool:
    """Whether the first letter that has a direction runs to the left."""
    return not text.isascii() and base_level(text) == 1


def _first_words(block: Any) -> str:
    """Some text of the block with its first letters."""
    if isinstance(block, (b.Heading, b.Paragraph)):
        return block.text
    if isinstance(block, b.BulletList):
        return next(filter(None, map(_item_words, block.items)), "")
    if isinstance(block, b.Quote):
        return plain_text(block.spans)
    if isinstance(block, b.Callout):
        return f"{block.title} {block.text}"
    if isinstance(block, (b.KeyValue, b.Totals)):
        return " ".join(f"{label} {value}" for label, value in block.items[:4])
    if isinstance(block, b.Metrics):
        return " ".join(item.label for item in block.items[:4])
    return " ".join(f"{name} {detail}" for name, detail in block.lines)


def _item_words(item: ListItem) -> str:
    return plain_text(item.spans) or next(filter(None, map(_item_words, item.children)), "")
