"""What a report type is."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from pydantic import JsonValue

from shared.reports.blocks import Block
from shared.reports.datasets import DatasetUse
from shared.reports.locales import Formats
from shared.reports.messages import ENGLISH
from shared.reports.presentation import Presented


@dataclass(frozen=True, slots=True)
class SentTable:
    """Rows in data as it was sent, or the id of the dataset that holds them."""

    rows: list[Any]
    #: as it was sent: only a type that takes datasets has checked it
    dataset: Any = None


def _nothing(data: Any) -> str:
    return ""


def no_datasets(data: Any) -> tuple[DatasetUse, ...]:
    """What a type answers whose data names none."""
    return ()


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
    model: type[Presented]
    #: `data` that renders
    example: dict[str, JsonValue]
    #: the report's content, made from a `model`
    blocks: Callable[[Any], Iterable[Block]]
    #: printed under the title, made from a `model`
    subtitle: Callable[[Any], str]
    #: the list in `data` whose items are the report's rows, or what finds its tables in data as it was sent
    rows: str | Callable[[dict[str, Any]], Iterable[dict[str, Any]]] | None = None
    #: the datasets that a `model` names; their rows are rows of the report too
    datasets: Callable[[Any], Iterable[DatasetUse]] = no_datasets
    #: the title that the data itself gives; empty: the request's or the type's
    heading: Callable[[Any], str] = _nothing

    def title_in(self, formats: Formats) -> str:
        """The title of a request that has none, in the report's language where it is known there."""
        key = f"{self.name}.title"
        return formats.say(key) if key in ENGLISH else self.title

    def json_schema(self) -> dict[str, Any]:
        """The JSON Schema of `data`."""
        return self.model.model_json_schema(by_alias=True)

    def count_rows(self, data: dict[str, Any]) -> int:
        """Rows in valid data as it was sent, counted apart from everything that draws.

        Together with the rows of its datasets they are what a report has received (`rowsReceived`).
        """
        return sum(len(table.rows) for table in self.tables(data))

    def tables(self, data: dict[str, Any]) -> list[SentTable]:
        """All rows in valid data as it was sent."""
        if self.rows is None:
            return []
        key, sent = ("rows", self.rows(data)) if callable(self.rows) else (self.rows, (data,))
        found = [SentTable(table.get(key) or [], table.get("dataset")) for table in sent]
        return [table for table in found if isinstance(table.rows, list)]
