"""The `document` report: any blocks in any order."""

from __future__ import annotations

from collections.abc import Iterator

from shared.reports.blocks import Block
from shared.reports.document.example import EXAMPLE
from shared.reports.document.model import DocumentData, count_rows
from shared.reports.extras import further_data
from shared.reports.types import ReportType

__all__ = ["REPORT"]


def _blocks(data: DocumentData) -> Iterator[Block]:
    for spec in data.blocks:
        yield spec.block(data.formats, data.currency)
    yield from further_data(data, in_tables=("blocks",))


REPORT = ReportType(
    name="document",
    title="Document",
    description="Any blocks in any order: text, lists, cards, tables, charts, pictures, codes, signatures.",
    model=DocumentData,
    example=EXAMPLE,
    blocks=_blocks,
    subtitle=lambda data: data.subtitle,
    rows=count_rows,
    heading=lambda data: data.title,
)
