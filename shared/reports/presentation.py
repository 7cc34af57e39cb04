"""How a report is to look: keys that the data of every type may have beside its own."""

from __future__ import annotations

import re
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ConfigDict, Field, PrivateAttr, WithJsonSchema

from shared.errors import DatasetMissing
from shared.reports.datasets import RowSource, Sources
from shared.reports.fields import Currency, ReportModel, Text, error_at
from shared.reports.images import DataImage
from shared.reports.locales import Formats, check_tag, formats_for
from shared.reports.messages import ENGLISH
from shared.reports.output import Output

_COLOUR = re.compile(r"#[0-9A-Fa-f]{6}", re.ASCII)
#: width and height in points, upright
PAGE_SIZES = {
    "A3": (841.89, 1190.55),
    "A4": (595.28, 841.89),
    "A5": (419.53, 595.28),
    "Letter": (612.0, 792.0),
    "Legal": (612.0, 1008.0),
}
PageSize = Literal["A3", "A4", "A5", "Letter", "Legal"]
#: points; a frame is left on the smallest page
_MARGIN = Field(default=None, ge=18, le=140)
_LONGEST_LABEL = 200


class StrictModel(ReportModel):
    """A part of the data in which an unknown key is a mistake."""

    model_config = ConfigDict(extra="forbid")


def _colour(value: object) -> str:
    if isinstance(value, str) and _COLOUR.fullmatch(value):
        return value.lower()
    raise ValueError('must be a colour such as "#1b4d8a"')


def _margins(value: object) -> object:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return dict.fromkeys(("top", "right", "bottom", "left"), value)
    return value


def _running(value: object) -> object:
    return {"left": value} if isinstance(value, str) else value


def _watermark(value: object) -> object:
    return {"text": value} if isinstance(value, str) else value


def _contents(value: object) -> object:
    return ({} if value else None) if isinstance(value, bool) else value


def _labels(value: object) -> object:
    if isinstance(value, dict):
        for key in value:
            if key not in ENGLISH:
                raise error_at(str(key)[:100], "is no label; docs/report-types.md says where they are listed")
    return value


#: key of a text to the text; `{names}` in it are filled in as in the text that it replaces
Labels = Annotated[
    dict[str, Annotated[Text, Field(max_length=_LONGEST_LABEL)]],
    BeforeValidator(_labels),
    WithJsonSchema(
        {
            "type": "object",
            "additionalProperties": {"type": ["string", "number"], "maxLength": _LONGEST_LABEL},
            "propertyNames": {"enum": list(ENGLISH)},
            "examples": [{"page": ENGLISH["page"]}],
        }
    ),
]
#: "#rrggbb"
Colour = Annotated[
    str, BeforeValidator(_colour), WithJsonSchema({"type": "string", "pattern": "^#[0-9A-Fa-f]{6}$"})
]
#: a BCP 47 tag that CLDR knows
LocaleTag = Annotated[
    str,
    BeforeValidator(check_tag),
    WithJsonSchema({"type": "string", "examples": ["de-DE", "en-IN"]}),
]


class Colours(StrictModel):
    """Colours that replace the theme's own."""

    #: titles of columns, bars, the band at the top
    accent: Colour | None = None
    text: Colour | None = None
    #: labels and notes
    muted: Colour | None = None
    #: thin lines
    line: Colour | None = None
    #: behind cards and every other row
    tint: Colour | None = None
    good: Colour | None = None
    bad: Colour | None = None
    #: series of charts, in order
    palette: list[Colour] | None = Field(default=None, min_length=1, max_length=12)


class Theme(StrictModel):
    """Colours, logo and type."""

    colours: Colours = Colours()
    #: stands at the top right of the first page
    logo: DataImage | None = None
    font: Literal["noto-sans", "fira-go"] | None = None
    #: scales all type
    scale: float = Field(default=1.0, ge=0.8, le=1.25)


class Margins(StrictModel):
    """Of the frame for content, in points; what is left out keeps its default."""

    top: float | None = _MARGIN
    right: float | None = _MARGIN
    bottom: float | None = _MARGIN
    left: float | None = _MARGIN


class PageSetup(StrictModel):
    """Paper."""

    size: PageSize = "A4"
    orientation: Literal["portrait", "landscape"] = "portrait"
    #: one number for all four sides, or each
    margins: Annotated[Margins, BeforeValidator(_margins, json_schema_input_type=float | Margins)] = Margins()

    def points(self) -> tuple[float, float]:
        """Width and height."""
        width, height = PAGE_SIZES[self.size]
        return (height, width) if self.orientation == "landscape" else (width, height)


class Running(StrictModel):
    """A line on every page; `{page}`, `{pages}`, `{title}` and `{date}` are filled in."""

    left: Text = ""
    center: Text = ""
    right: Text = ""


class Watermark(StrictModel):
    """Large pale words across every page."""

    text: Text = Field(max_length=60)


class Contents(StrictModel):
    """A list of the headings with their pages."""

    title: Text | None = None
    #: headings of deeper levels are left out
    depth: int = Field(default=2, ge=1, le=3)


RunningLine = Annotated[Running, BeforeValidator(_running, json_schema_input_type=str | Running)]


class Presented(ReportModel):
    """Base of every type's data: locale, currency and looks."""

    locale: LocaleTag | None = None
    #: texts in place of those that the report says in words of its own
    labels: Labels = Field(default={})
    #: what money is in; without it amounts are printed as plain numbers
    currency: Currency | None = None
    author: Text | None = None
    page: PageSetup = PageSetup()
    #: in place of the title that stands on every page but the first
    header: RunningLine | None = None
    #: in place of the time of making and the job's id
    footer: RunningLine | None = None
    watermark: Annotated[
        Watermark | None, BeforeValidator(_watermark, json_schema_input_type=str | Watermark | None)
    ] = None
    toc: Annotated[
        Contents | None, BeforeValidator(_contents, json_schema_input_type=bool | Contents | None)
    ] = None
    theme: Theme = Theme()
    output: Output = Output()

    _sources: Sources = PrivateAttr(default_factory=dict)

    def supply(self, sources: Sources) -> None:
        """Gives the report the rows of the datasets that it names, before its blocks are made."""
        self._sources = sources

    def source(self, dataset_id: str) -> RowSource:
        """The rows of a dataset.

        Raises:
            DatasetMissing: they were not supplied.
        """
        if dataset_id not in self._sources:
            raise DatasetMissing(dataset_id)
        return self._sources[dataset_id]

    @cached_property
    def formats(self) -> Formats:
        """How its values are printed, and what it says in words of its own."""
        return formats_for(self.locale).with_labels(self.labels)


def presentation_schema() -> dict[str, Any]:
    """The JSON Schema of the keys that all types share."""
    return Presented.model_json_schema(by_alias=True)
