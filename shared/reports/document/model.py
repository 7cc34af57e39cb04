"""The data of a document: what stands around the blocks, and the blocks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from shared.reports import blocks
from shared.reports.blocks import Block
from shared.reports.datasets import DatasetUse
from shared.reports.document.figures import ChartSpec, MetricsSpec, TableSpec
from shared.reports.document.making import Making
from shared.reports.document.texts import (
    CalloutSpec,
    CodeSpec,
    HeadingSpec,
    KeyValueSpec,
    ListSpec,
    ParagraphSpec,
    QuoteSpec,
)
from shared.reports.document.things import (
    BarcodeSpec,
    ImageSpec,
    PageBreakSpec,
    SignatureSpec,
    SpacerSpec,
)
from shared.reports.fields import Text, error_at
from shared.reports.presentation import Presented, StrictModel
from shared.reports.tables import column_count, dataset_uses

MAX_BLOCKS = 5000
#: of all tables side by side
_MOST_COLUMNS = 20

#: what may stand in a column
SmallSpec = Annotated[
    HeadingSpec
    | ParagraphSpec
    | ListSpec
    | KeyValueSpec
    | MetricsSpec
    | TableSpec
    | ChartSpec
    | ImageSpec
    | CodeSpec
    | QuoteSpec
    | CalloutSpec
    | BarcodeSpec
    | SignatureSpec
    | SpacerSpec,
    Field(discriminator="type"),
]


def _column(value: object) -> object:
    return {"blocks": value} if isinstance(value, list) else value


class ColumnOfBlocks(StrictModel):
    """Blocks under each other; a list alone is the blocks."""

    blocks: list[SmallSpec] = Field(max_length=200)
    #: relative to the other columns
    width: float = Field(default=1, ge=0.1, le=10)


class ColumnsSpec(StrictModel):
    """Blocks side by side."""

    type: Literal["columns"]
    columns: list[
        Annotated[
            ColumnOfBlocks,
            BeforeValidator(_column, json_schema_input_type=ColumnOfBlocks | list[SmallSpec]),
        ]
    ] = Field(min_length=1, max_length=4)

    @model_validator(mode="after")
    def _tables_have_room(self) -> ColumnsSpec:
        most = _MOST_COLUMNS // len(self.columns)
        for index, column in enumerate(self.columns):
            for place, spec in enumerate(column.blocks):
                if not isinstance(spec, TableSpec):
                    continue
                if spec.dataset is not None:
                    # side by side needs a look ahead, and the rows of a dataset are read once
                    message = "can't stand side by side with other blocks"
                    raise error_at(f"columns.{index}.blocks.{place}.dataset", message)
                if column_count(spec) > most:
                    message = f"has {column_count(spec)} columns; side by side there is room for {most}"
                    raise error_at(f"columns.{index}.blocks.{place}.rows", message)
        return self

    def block(self, making: Making) -> Block:
        """As it is drawn."""
        groups = tuple(tuple(spec.block(making) for spec in column.blocks) for column in self.columns)
        return blocks.Columns(groups, tuple(column.width for column in self.columns))


BlockSpec = Annotated[
    HeadingSpec
    | ParagraphSpec
    | ListSpec
    | KeyValueSpec
    | MetricsSpec
    | TableSpec
    | ChartSpec
    | ImageSpec
    | CodeSpec
    | QuoteSpec
    | CalloutSpec
    | ColumnsSpec
    | BarcodeSpec
    | SignatureSpec
    | SpacerSpec
    | PageBreakSpec,
    Field(discriminator="type"),
]


class DocumentData(Presented):
    """Data of a document."""

    title: Text = ""
    subtitle: Text = ""
    blocks: list[BlockSpec] = Field(min_length=1, max_length=MAX_BLOCKS)


def datasets_of(data: DocumentData) -> Iterator[DatasetUse]:
    """The datasets that its tables name."""
    for index, spec in enumerate(data.blocks):
        if isinstance(spec, TableSpec):
            yield from dataset_uses(spec, f"data.blocks.{index}")


def sent_tables(data: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """All tables in a document as it was sent."""
    return _tables_in(data.get("blocks"))


def _tables_in(sent: Any) -> Iterator[dict[str, Any]]:
    for block in sent or ():
        if isinstance(block, dict) and block.get("type") == "table":
            yield block
        elif isinstance(block, dict) and block.get("type") == "columns":
            for column in block["columns"]:
                yield from _tables_in(column if isinstance(column, list) else column.get("blocks"))
