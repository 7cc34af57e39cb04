"""Blocks that are neither text nor figures, as they are sent: pictures, codes, signatures, space."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from shared.reports import blocks
from shared.reports.barcodes import check_barcode
from shared.reports.blocks import Align, Block
from shared.reports.fields import Text, error_at
from shared.reports.images import DataImage
from shared.reports.making import Making
from shared.reports.presentation import StrictModel


class ImageSpec(StrictModel):
    """A picture from a data URI."""

    type: Literal["image"]
    data: DataImage
    #: points; its own size at 96 dots per inch when left out
    width: float | None = Field(default=None, ge=4, le=2000)
    caption: Text = ""
    align: Align = "left"

    def block(self, making: Making) -> Block:
        """As it is drawn."""
        return blocks.Image(self.data, self.width, self.caption, self.align)


class BarcodeSpec(StrictModel):
    """A machine-readable value: a QR code, Code 128 (ASCII) or EAN-13 (12 or 13 digits)."""

    type: Literal["barcode"]
    kind: Literal["qr", "code128", "ean13"] = "qr"
    value: Text
    #: points: edge of a QR code, height of bars
    size: float | None = Field(default=None, ge=24, le=400)
    caption: Text = ""
    align: Align = "left"

    @model_validator(mode="after")
    def _can_be_encoded(self) -> BarcodeSpec:
        problem = check_barcode(self.kind, self.value)
        if problem:
            raise error_at("value", problem)
        return self

    def block(self, making: Making) -> Block:
        """As it is drawn."""
        return blocks.Barcode(self.kind, self.value, self.size, self.caption, self.align)


def _line(value: object) -> object:
    return {"name": value} if isinstance(value, str) else value


class SignatureLine(StrictModel):
    """One line to sign on."""

    name: Text = ""
    #: function, place, date
    detail: Text = ""


class SignatureSpec(StrictModel):
    """Lines to sign on, side by side."""

    type: Literal["signature"]
    lines: list[
        Annotated[SignatureLine, BeforeValidator(_line, json_schema_input_type=str | SignatureLine)]
    ] = Field(min_length=1, max_length=6)

    def block(self, making: Making) -> Block:
        """As it is drawn."""
        return blocks.Signature(tuple((line.name, line.detail) for line in self.lines))


class SpacerSpec(StrictModel):
    """Empty height in points."""

    type: Literal["spacer"]
    height: float = Field(default=14, ge=0, le=800)

    def block(self, making: Making) -> Block:
        """As it is drawn."""
        return blocks.Spacer(self.height)


class PageBreakSpec(StrictModel):
    """What follows starts on a new page, which may be turned."""

    type: Literal["pageBreak"]
    orientation: Literal["portrait", "landscape"] | None = None

    def block(self, making: Making) -> Block:
        """As it is drawn."""
        turned = None if self.orientation is None else self.orientation == "landscape"
        return blocks.PageBreak(turned)
