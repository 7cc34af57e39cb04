"""Blocks of text as they are sent. Text is a safe part of Markdown: see `shared.reports.markdown`."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Union

from pydantic import BeforeValidator, Field

from shared.reports import blocks
from shared.reports.blocks import Align, Block, Tone, plain_text
from shared.reports.fields import Text
from shared.reports.making import Making
from shared.reports.markdown import spans_of
from shared.reports.presentation import StrictModel


class HeadingSpec(StrictModel):
    """A section's title."""

    type: Literal["heading"]
    text: Text
    level: int = Field(default=1, ge=1, le=3)

    def block(self, making: Making) -> Block:
        """As it is drawn."""
        return blocks.Heading(self.text, self.level)


class ParagraphSpec(StrictModel):
    """Running text."""

    type: Literal["paragraph"]
    text: Text
    muted: bool = False
    align: Align = "left"

    def block(self, making: Making) -> Block:
        """As it is drawn."""
        spans = spans_of(self.text)
        return blocks.Paragraph(plain_text(spans), self.muted, spans, self.align)


def _item(value: object) -> object:
    return value if isinstance(value, dict) else {"text": value}


Item = Union[str, float, "ItemSpec"]


class ItemSpec(StrictModel):
    """One item of a list; a string alone is its text."""

    text: Text
    items: list[Annotated[ItemSpec, BeforeValidator(_item, json_schema_input_type=Item)]] = Field(default=[])

    def item(self) -> blocks.ListItem:
        """As it is drawn."""
        return blocks.ListItem(spans_of(self.text), tuple(item.item() for item in self.items))


class ListSpec(StrictModel):
    """Items with dots, or with numbers."""

    type: Literal["list"]
    items: list[Annotated[ItemSpec, BeforeValidator(_item, json_schema_input_type=Item)]] = Field(
        min_length=1
    )
    ordered: bool = False
    start: int = Field(default=1, ge=0, le=1_000_000)

    def block(self, making: Making) -> Block:
        """As it is drawn."""
        return blocks.BulletList(tuple(item.item() for item in self.items), self.ordered, self.start)


class QuoteSpec(StrictModel):
    """Words of someone else."""

    type: Literal["quote"]
    text: Text
    source: Text = ""

    def block(self, making: Making) -> Block:
        """As it is drawn."""
        return blocks.Quote(spans_of(self.text), self.source)


class CodeSpec(StrictModel):
    """Text in which every space counts."""

    type: Literal["code"]
    text: Text
    title: Text = ""

    def block(self, making: Making) -> Block:
        """As it is drawn."""
        return blocks.Code(self.text, self.title)


class CalloutSpec(StrictModel):
    """A text that is meant to be seen."""

    type: Literal["callout"]
    text: Text
    title: Text = ""
    tone: Tone = "flat"

    def block(self, making: Making) -> Block:
        """As it is drawn."""
        spans = spans_of(self.text)
        return blocks.Callout(plain_text(spans), self.tone, self.title, spans)


def _pairs(value: object) -> object:
    if isinstance(value, dict):
        return [{"label": key, "value": item} for key, item in value.items()]
    if isinstance(value, list):
        return [
            {"label": item[0], "value": item[1]} if isinstance(item, list) and len(item) == 2 else item
            for item in value
        ]
    return value


class PairSpec(StrictModel):
    """A label and its value, any JSON."""

    label: Text
    value: Any


class KeyValueSpec(StrictModel):
    """Labels with a value each: an object, a list of pairs, or a list of `{label, value}`."""

    type: Literal["keyValue"]
    items: Annotated[
        list[PairSpec],
        BeforeValidator(_pairs, json_schema_input_type=dict[str, Any] | list[PairSpec | list[Any]]),
    ] = Field(min_length=1)
    columns: int = Field(default=2, ge=1, le=4)

    def block(self, making: Making) -> Block:
        """As it is drawn."""
        pairs = tuple((item.label, making.formats.plain(item.value)) for item in self.items)
        return blocks.KeyValue(pairs, self.columns)
