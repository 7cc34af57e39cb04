"""Removes the PDFs of records that are gone."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final

from structlog.typing import FilteringBoundLogger

from shared.errors import PressroomError, StorageUnavailable
from shared.storage.protocols import ReportStorage

_AT_ONCE: Final = 8


class Deletions:
    """Those of one round or request. A file that stays is an orphan, and the scheduler's duty comes by.

    A storage that did not answer is not waited for again.
    """

    def __init__(self, storage: ReportStorage, log: FilteringBoundLogger) -> None:
        self._storage, self._log = storage, log
        self._is_away = False
        #: files that are gone
        self.done = 0

    async def delete_all(self, file_names: Sequence[str]) -> None:
        """Removes files, some at a time."""
        for at in range(0, len(file_names), _AT_ONCE):
            await asyncio.gather(*(self.delete(name) for name in file_names[at : at + _AT_ONCE]))

    async def delete(self, file_name: str) -> None:
        """Removes a file, if that is possible."""
        if self._is_away:
            return
        try:
            await self._storage.delete(file_name)
        except (PressroomError, OSError) as error:
            self._is_away = self._is_away or isinstance(error, StorageUnavailable)
            self._log.warning("file not deleted", file=file_name, reason=str(error))
        else:
            self.done += 1
