"""Taking bytes in as the producer's intake process does, and reading them back as a render child does."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest

from shared.datasets.intake import take_in
from shared.datasets.model import Dataset
from shared.datasets.parse import Wanted
from shared.datasets.rows import DatasetRows


class Taken:
    """What became of some bytes."""

    def __init__(self, folder: Path, content: bytes, **wanted: Any) -> None:
        self.path = folder / "taken.data"
        # in small pieces, as from a connection
        self.answer = take_in(_Pieces(content), self.path, Wanted(**wanted))

    @property
    def dataset(self) -> Dataset:
        assert "dataset" in self.answer, self.answer
        facts = {**self.answer["dataset"], "id": "0" * 32, "file_name": "x.csv", "created_at_ms": 0}
        return Dataset.from_json(facts)

    @property
    def types(self) -> dict[str, str]:
        return {column.name: column.type for column in self.dataset.columns}

    @property
    def rows(self) -> list[list[Any]]:
        reader = DatasetRows(self.path, self.dataset)
        rows = list(reader.rows([column.name for column in self.dataset.columns]))
        assert reader.received == len(rows) == self.dataset.rows
        return rows

    @property
    def error(self) -> tuple[str, str]:
        """Path and message of the only error."""
        assert "errors" in self.answer, self.answer
        (error,) = self.answer["errors"]
        return error["path"], error["message"]


class _Pieces(io.BytesIO):
    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(min(size, 4093) if size and size > 0 else size)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path
