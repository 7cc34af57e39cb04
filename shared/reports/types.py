"""What a report type is."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, JsonValue

from shared.reports.blocks import Block


@dataclass(frozen=True, slots=True)
class ReportType:
    """One kind of report that can be asked for."""

    #: the `reportType` of a request
    name: str
    #: the report's title when the request has none
    title: str
    #: one sentence for people who choose a type
    description: str
    #: what `data` must be
    model: type[BaseModel]
    #: `data` that renders
    example: dict[str, JsonValue]
    #: the report's content, made from a `model`
    blocks: Callable[[Any], Iterable[Block]]
    #: printed under the title, made from a `model`
    subtitle: Callable[[Any], str]
    #: the list in `data` whose items are the report's rows (`rowsReceived`)
    rows_key: str | None = None

    def json_schema(self) -> dict[str, Any]:
        """The JSON Schema of `data`."""
        return self.model.model_json_schema(by_alias=True)
