"""The datasets in the storage's folder: for each the bytes as uploaded, and its record beside them.

The record is a file and not in Redis, so that data and record live, are backed up and end together. It is
written last and removed first: whoever reads one finds its data. Its modification time says when a report
last named the dataset; the age of a dataset counts from there.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Iterator
from pathlib import Path

from shared.datasets.model import DATASET_ID, Dataset
from shared.errors import DatasetDamaged, DatasetMissing
from shared.storage.folders import make_writable, sync

_EXPIRING = ".expiring"


class DatasetFolder:
    """Keeps datasets in `folder`; a hidden folder in it takes those that are still being uploaded."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        #: takes uploads; the same file system, so that committing is a rename
        self.scratch = folder / ".tmp"

    def prepare(self) -> None:
        """Makes the folders.

        Raises:
            OSError: they can't be made or written.
        """
        make_writable(self.scratch)

    @property
    def place(self) -> str:
        """The folder, for people to read."""
        return str(self.folder)

    async def check(self) -> None:
        """`prepare` without keeping others waiting."""
        await asyncio.to_thread(self.prepare)

    async def hold(self, dataset: Dataset) -> Path:
        """The file itself: its render child finds out what is wrong with it."""
        return self.data_path(dataset.id)

    def release(self, path: Path) -> None:
        """Nothing was done to hold it."""

    def upload_path(self, dataset_id: str) -> Path:
        """Where the bytes of a dataset go while they arrive."""
        return self.scratch / f"{dataset_id}.data"

    def data_path(self, dataset_id: str) -> Path:
        """Where the bytes of a dataset are."""
        return self.folder / f"{dataset_id}.data"

    async def commit(self, dataset: Dataset) -> None:
        """Makes an uploaded file a dataset, in a way that survives a power cut.

        Raises:
            OSError: the file system refused.
        """
        await asyncio.to_thread(self._commit, dataset)

    async def discard_upload(self, dataset_id: str) -> None:
        """Removes what is there of an upload."""
        await asyncio.to_thread(self.upload_path(dataset_id).unlink, missing_ok=True)

    async def get(self, dataset_id: str) -> Dataset:
        """The record.

        Raises:
            DatasetMissing: there is none.
        """
        return await asyncio.to_thread(self._read, dataset_id)

    async def name(self, dataset_id: str) -> Dataset:
        """The record, for a report that names the dataset from now on: its age starts anew.

        Raises:
            DatasetMissing: there is none.
        """
        return await asyncio.to_thread(self._name, dataset_id)

    async def last_named_ms(self, dataset_id: str) -> int:
        """When the dataset was uploaded or last named by a report, in epoch milliseconds.

        Raises:
            DatasetMissing: there is none.
        """
        return await asyncio.to_thread(self._last_named_ms, dataset_id)

    async def delete(self, dataset_id: str) -> None:
        """Removes a dataset.

        Raises:
            DatasetMissing: there is none.
        """
        await asyncio.to_thread(self._delete, dataset_id)

    async def expired(self, before_ms: int) -> list[str]:
        """The datasets that no report has named since that time."""
        return await asyncio.to_thread(lambda: list(self._expired(before_ms)))

    async def expire(self, dataset_id: str, before_ms: int) -> bool:
        """Removes a dataset unless a report has named it since that time; whether it did."""
        return await asyncio.to_thread(self._expire, dataset_id, before_ms)

    async def remove_leftovers(self, before_ms: int) -> int:
        """Removes older files without a record, of uploads and removals that were cut off; how many."""
        return await asyncio.to_thread(self._remove_leftovers, before_ms)

    def _commit(self, dataset: Dataset) -> None:
        self.upload_path(dataset.id).replace(self.data_path(dataset.id))
        draft = self.scratch / f"{dataset.id}.json"
        with draft.open("w", encoding="utf-8") as file:
            json.dump(dataset.to_json(), file, ensure_ascii=False)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self._record(dataset.id))
        sync(self.folder)

    def _read(self, dataset_id: str) -> Dataset:
        try:
            return Dataset.from_json(json.loads(self._record(dataset_id).read_bytes()))
        except FileNotFoundError:
            raise DatasetMissing(dataset_id) from None
        except (ValueError, KeyError, TypeError):
            raise DatasetDamaged(dataset_id) from None

    def _name(self, dataset_id: str) -> Dataset:
        try:
            os.utime(self._record(dataset_id))
        except FileNotFoundError:
            raise DatasetMissing(dataset_id) from None
        return self._read(dataset_id)

    def _last_named_ms(self, dataset_id: str) -> int:
        try:
            return _modified_ms(self._record(dataset_id))
        except FileNotFoundError:
            raise DatasetMissing(dataset_id) from None

    def _delete(self, dataset_id: str) -> None:
        try:
            self._record(dataset_id).unlink()
        except FileNotFoundError:
            raise DatasetMissing(dataset_id) from None
        self.data_path(dataset_id).unlink(missing_ok=True)

    def _expired(self, before_ms: int) -> Iterator[str]:
        for path in self.folder.glob("*.json"):
            try:
                if DATASET_ID.fullmatch(path.stem) and _modified_ms(path) < before_ms:
                    yield path.stem
            except FileNotFoundError:
                continue

    def _expire(self, dataset_id: str, before_ms: int) -> bool:
        """The record is put aside first: a report can name the dataset before that, which shows in its time,
        or not at all."""
        record = self._record(dataset_id)
        aside = record.with_suffix(_EXPIRING)
        try:
            record.rename(aside)
        except FileNotFoundError:
            return False
        if _modified_ms(aside) >= before_ms:
            aside.rename(record)
            return False
        self.data_path(dataset_id).unlink(missing_ok=True)
        aside.unlink()
        return True

    def _remove_leftovers(self, before_ms: int) -> int:
        if not self.scratch.exists():
            return 0
        data = (path for path in self.folder.glob("*.data") if not path.with_suffix(".json").exists())
        removed = 0
        for path in (*self.scratch.iterdir(), *data, *self.folder.glob(f"*{_EXPIRING}")):
            try:
                if _modified_ms(path) < before_ms:
                    path.unlink()
                    removed += 1
            except FileNotFoundError:
                continue
        return removed

    def _record(self, dataset_id: str) -> Path:
        if not DATASET_ID.fullmatch(dataset_id):
            raise DatasetMissing(dataset_id[:64])
        return self.folder / f"{dataset_id}.json"


def _modified_ms(path: Path) -> int:
    return path.stat().st_mtime_ns // 1_000_000
