"""What is known of a dataset, and the limits that every dataset keeps."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal

Format = Literal["csv", "ndjson", "json"]
ColumnType = Literal["number", "date", "bool", "text"]

#: what a dataset's id looks like; it names two files
DATASET_ID: Final = re.compile(r"[0-9a-f]{32}", re.ASCII)
#: more columns than this are refused, as in `shared.reports.table`
MAX_COLUMNS: Final = 200
#: characters a column's name may have
MAX_NAME_CHARS: Final = 200
#: characters one line, one quoted value or one JSON row may have
MAX_ROW_CHARS: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class DatasetColumn:
    """One column, as found in all rows."""

    name: str
    type: ColumnType
    #: most digits after the point of a number in a CSV; None: varying, or not such a number
    decimals: int | None = None
    #: its numbers are written with a decimal comma
    comma: bool = False


@dataclass(frozen=True, slots=True)
class Dialect:
    """How the bytes are to be read."""

    format: Format
    #: a name of `shared.datasets.encodings`
    encoding: str
    #: of a CSV, one character; else empty
    delimiter: str = ""
    #: the first row holds the columns' names
    header: bool = False


@dataclass(frozen=True, slots=True)
class Dataset:
    """A dataset's record."""

    id: str
    #: as the client named it; shown, never used as a path
    file_name: str
    dialect: Dialect
    rows: int
    columns: tuple[DatasetColumn, ...]
    bytes: int
    #: hex, of the bytes as they were uploaded
    sha256: str
    #: epoch milliseconds
    created_at_ms: int

    def to_json(self) -> dict[str, Any]:
        """Plain values, from which `from_json` makes the same record."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Dataset:
        """The record of a `to_json`.

        Raises:
            TypeError, KeyError: it is none.
        """
        columns = tuple(DatasetColumn(**column) for column in value["columns"])
        return cls(**{**value, "dialect": Dialect(**value["dialect"]), "columns": columns})
