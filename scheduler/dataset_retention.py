"""The duty that removes datasets which nobody needs any more, and what cut-off uploads left behind."""

from __future__ import annotations

import time
from dataclasses import dataclass

from shared.errors import StorageUnavailable
from shared.logs import get_logger
from shared.queue.dataset_use import DatasetUsers
from shared.queue.maintenance import Maintenance
from shared.storage import DatasetStorage

log = get_logger("scheduler")

#: no upload takes as long as a file without a record is left alone, in milliseconds
LEFTOVER_MS = 24 * 3600 * 1000


@dataclass(frozen=True, slots=True)
class Removed:
    """What one round did."""

    datasets: int = 0
    leftovers: int = 0


class DatasetRetention:
    """Looks after one storage; says once why it can't."""

    def __init__(
        self, queue: Maintenance, users: DatasetUsers, folder: DatasetStorage, retention_days: float
    ) -> None:
        self._queue, self._users, self._folder = queue, users, folder
        self._retention_ms = round(retention_days * 24 * 3600 * 1000)
        self._complained = ""

    async def run_once(self) -> Removed:
        """One round.

        Raises:
            QueueUnavailable: Redis did not take it.
        """
        if not self._queue.leads:
            return Removed()
        try:
            removed = await self._clean(time.time_ns() // 1_000_000)
        except (OSError, StorageUnavailable) as error:
            self._complain(str(error))
            return Removed()
        if removed != Removed():
            log.info("old datasets removed", datasets=removed.datasets, leftovers=removed.leftovers)
        return removed

    async def _clean(self, now_ms: int) -> Removed:
        before_ms = now_ms - self._retention_ms
        datasets = 0
        expired = await self._folder.expired(before_ms)
        if expired:
            named = await self._users.named()
            for dataset_id in expired:
                if dataset_id not in named:
                    datasets += await self._folder.expire(dataset_id, before_ms)
        return Removed(datasets, await self._folder.remove_leftovers(now_ms - LEFTOVER_MS))

    def _complain(self, reason: str) -> None:
        if reason != self._complained:
            self._complained = reason
            log.warning("datasets are not cleaned up", storage=self._folder.place, reason=reason)
