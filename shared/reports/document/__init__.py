"""The `document` report: any blocks in any order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from shared.reports.blocks import Block, Columns, Image
from shared.reports.document.example import EXAMPLE
from shared.reports.document.making import Making
from shared.reports.document.model import DocumentData, datasets_of, sent_tables
from shared.reports.extras import further_data
from shared.reports.types import ReportType

__all__ = ["REPORT"]


def _blocks(data: DocumentData) -> Iterator[Block]:
    making = Making(data.formats, data.currency, data.source)
    for index, spec in enumerate(data.blocks):
        yield _placed(spec.block(making), f"data.blocks.{index}")
    yield from further_data(data, in_tables=("blocks",))


def _placed(block: Block, path: str) -> Block:
    """Pictures know where they came from: only drawing shows whether they can be read."""
    if isinstance(block, Image):
        return replace(block, path=f"{path}.data")
    if isinstance(block, Columns):
        groups = tuple(
            tuple(
                _placed(part, f"{path}.columns.{number}.blocks.{index}") for index, part in enumerate(group)
            )
            for number, group in enumerate(block.groups)
        )
        return replace(block, groups=groups)
    return block


REPORT = ReportType(
    name="document",
    title="Document",
    description="Any blocks in any order: text, lists, cards, tables, charts, pictures, codes, signatures.",
    model=DocumentData,
    example=EXAMPLE,
    blocks=_blocks,
    subtitle=lambda data: data.subtitle,
    rows=sent_tables,
    datasets=datasets_of,
    heading=lambda data: data.title,
)
