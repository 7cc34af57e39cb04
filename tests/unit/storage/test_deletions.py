"""A file that can't be removed keeps no other; a storage that does not answer is asked once."""

from __future__ import annotations

from typing import cast

import pytest

from shared.errors import FileMissing, StorageUnavailable
from shared.logs import get_logger
from shared.storage import ReportStorage
from shared.storage.deletions import Deletions


class Refusing:
    """Refuses the file `bad`."""

    def __init__(self, error: Exception) -> None:
        self._error = error
        self.asked: list[str] = []

    async def delete(self, file_name: str) -> None:
        self.asked.append(file_name)
        if file_name == "bad":
            raise self._error


@pytest.mark.parametrize(
    ("error", "asked", "done"),
    [
        (PermissionError("no"), ["a", "bad", "b"], 2),
        (FileMissing("bad"), ["a", "bad", "b"], 2),
        (StorageUnavailable("it can't be reached"), ["a", "bad"], 1),
    ],
)
async def test_what_is_asked_for_after_a_refusal(error: Exception, asked: list[str], done: int) -> None:
    storage = Refusing(error)
    deletions = Deletions(cast(ReportStorage, storage), get_logger("test"))
    for name in ("a", "bad", "b"):
        await deletions.delete(name)
    assert storage.asked == asked
    assert deletions.done == done
