"""Datasets as objects: for each the bytes as uploaded, and its record beside them.

The record is written last and removed first: whoever reads one finds its data. It was last written when a
report last named the dataset; the age of a dataset counts from there. Naming and expiry both write the record
only if it is still the version they read, so of the two that meet one finds out. Each writes other bytes than
were there, since in most stores the version is a hash of them.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets
from pathlib import Path
from typing import Any

from shared.datasets.model import DATASET_ID, Dataset
from shared.errors import DatasetDamaged, DatasetMissing, StorageUnavailable
from shared.storage.cache import FileCache, Gone, WrongBytes
from shared.storage.host import Scratch
from shared.storage.objects.bucket import Bucket, Found

FOLDER = "datasets"
#: stands in the record's place while a dataset is removed; no record is as short
_EXPIRING = b"{}"
#: makes each writing of a record another version
_NAMED = "named"
#: how often a record that others name at the same time is read again
_TRIES = 5


class ObjectDatasets:
    """Keeps datasets below `datasets/` of the prefix."""

    def __init__(self, bucket: Bucket, scratch: Scratch, cache: FileCache) -> None:
        self._bucket, self._scratch, self._cache = bucket, scratch, cache
        self.place = f"{bucket.address}/{FOLDER}"
        self.scratch = scratch.folder

    async def check(self) -> None:
        """Makes the folder of this host, and writes an object and removes it."""
        await asyncio.to_thread(self._scratch.make)
        await self._bucket.check()

    def upload_path(self, dataset_id: str) -> Path:
        """On this host: all of it is read before any of it is stored."""
        return self.scratch / f"{dataset_id}.data"

    async def discard_upload(self, dataset_id: str) -> None:
        """Removes what is there of an upload on this host."""
        await asyncio.to_thread(self.upload_path(dataset_id).unlink, missing_ok=True)

    async def commit(self, dataset: Dataset) -> None:
        """Uploads the data, then the record; without a record the data go again, if the store lets them."""
        await self._bucket.put_file(_data(dataset.id), self.upload_path(dataset.id))
        try:
            await self._bucket.put(_record(dataset.id), _encoded(dataset))
        except StorageUnavailable:
            with contextlib.suppress(StorageUnavailable):
                await self._bucket.delete(_data(dataset.id))
            raise

    async def get(self, dataset_id: str) -> Dataset:
        """The record, as `DatasetStorage` says."""
        return (await self._read(dataset_id))[0]

    async def name(self, dataset_id: str) -> Dataset:
        """Writes the record anew. Who finds that another has done so meanwhile has what it wanted."""
        dataset, first = await self._read(dataset_id)
        found = first
        for _ in range(_TRIES):
            if await self._bucket.put_instead(_record(dataset_id), _encoded(dataset), found.version):
                return dataset
            dataset, found = await self._read(dataset_id)
            if found.version != first.version:
                return dataset
        raise StorageUnavailable(f"{self.place}: the record of {dataset_id} could not be written")

    async def last_named_ms(self, dataset_id: str) -> int:
        """When the record was last written."""
        return (await self._record(dataset_id))[1].modified_ms

    async def hold(self, dataset: Dataset) -> Path:
        """A copy on this host, the same for all its processes."""
        name, key = f"{dataset.id}.data", _data(dataset.id)
        try:
            return await self._cache.hold(name, dataset.sha256, lambda: self._bucket.chunks(key))
        except WrongBytes:
            raise DatasetDamaged(dataset.id) from None
        except Gone:
            raise DatasetMissing(dataset.id) from None
        except OSError as error:
            raise StorageUnavailable(f"this host can't keep a copy: {error.strerror or error}") from error

    def release(self, path: Path) -> None:
        """The copy may be evicted."""
        self._cache.release(path)

    async def delete(self, dataset_id: str) -> None:
        """Removes the record, then the data and this host's copy."""
        await self._record(dataset_id)
        await self._bucket.delete(_record(dataset_id))
        await self._bucket.delete(_data(dataset_id))
        await self._cache.forget(f"{dataset_id}.data")

    async def expired(self, before_ms: int) -> list[str]:
        """By when the records were last written."""
        records, _ = await self._listed()
        return [
            dataset_id
            for dataset_id, found in records.items()
            if found.modified_ms < before_ms and found.size > len(_EXPIRING)
        ]

    async def expire(self, dataset_id: str, before_ms: int) -> bool:
        """The record is written over first, so a report names the dataset before that, or finds it gone."""
        there = await self._bucket.get(_record(dataset_id))
        if there is None or there[0] == _EXPIRING or there[1].modified_ms >= before_ms:
            return False
        if not await self._bucket.put_instead(_record(dataset_id), _EXPIRING, there[1].version):
            return False
        await self._remove(dataset_id)
        return True

    async def remove_leftovers(self, before_ms: int) -> int:
        """Data without a record, and removals that were cut off; what is on a host ends with its process."""
        records, data = await self._listed()
        left = [
            *(found for dataset_id, found in data.items() if dataset_id not in records),
            *(found for found in records.values() if found.size <= len(_EXPIRING)),
        ]
        old = [found for found in left if found.modified_ms < before_ms]
        for found in old:
            await self._remove(_id_of(found.key))
        return len(old)

    async def _remove(self, dataset_id: str) -> None:
        await self._bucket.delete(_data(dataset_id))
        await self._bucket.delete(_record(dataset_id))
        await self._cache.forget(f"{dataset_id}.data")

    async def _read(self, dataset_id: str) -> tuple[Dataset, Found]:
        content, found = await self._record(dataset_id)
        return _decoded(dataset_id, content), found

    async def _record(self, dataset_id: str) -> tuple[bytes, Found]:
        there = await self._bucket.get(_record(dataset_id)) if DATASET_ID.fullmatch(dataset_id) else None
        if there is None or there[0] == _EXPIRING:
            raise DatasetMissing(dataset_id[:64])
        return there

    async def _listed(self) -> tuple[dict[str, Found], dict[str, Found]]:
        """All records and all data, by id."""
        records: dict[str, Found] = {}
        data: dict[str, Found] = {}
        async for page in self._bucket.list(FOLDER):
            for found in page:
                kind = {".json": records, ".data": data}.get(found.key[-5:])
                if kind is not None and DATASET_ID.fullmatch(_id_of(found.key)):
                    kind[_id_of(found.key)] = found
        return records, data


def _record(dataset_id: str) -> str:
    return f"{FOLDER}/{dataset_id}.json"


def _data(dataset_id: str) -> str:
    return f"{FOLDER}/{dataset_id}.data"


def _id_of(key: str) -> str:
    return key.removeprefix(f"{FOLDER}/")[:-5]


def _encoded(dataset: Dataset) -> bytes:
    value = {**dataset.to_json(), _NAMED: secrets.token_hex(8)}
    return json.dumps(value, ensure_ascii=False).encode()


def _decoded(dataset_id: str, content: bytes) -> Dataset:
    try:
        value: dict[str, Any] = json.loads(content)
        value.pop(_NAMED, None)
        return Dataset.from_json(value)
    except (ValueError, KeyError, TypeError, AttributeError):
        raise DatasetDamaged(dataset_id) from None
