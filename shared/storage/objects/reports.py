"""PDFs as objects. Render children write to this host; the finished file is uploaded."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from pathlib import Path

from shared.errors import FileCorrupt, FileMissing, StorageFailed, StorageUnavailable
from shared.storage.cache import FileCache, Gone, WrongBytes
from shared.storage.host import Scratch
from shared.storage.names import claim_of, job_id_of
from shared.storage.objects.bucket import Bucket, Found
from shared.storage.upkeep import VOLUME_FILE, is_debris

#: files on their way to the store at a time, of one worker
UPLOADS_AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class OldObject:
    """A PDF, or a probe that was left behind."""

    bucket: Bucket
    found: Found
    job_id: str | None
    fence: int

    @property
    def name(self) -> str:
        """Its key."""
        return self.found.key

    async def remove_unchanged(self) -> bool:
        """Removes it if it is still what was listed; whether it did.

        The store can't do both at once. It need not: a fence is given once, so nobody writes the name again.
        """
        if await self.bucket.head(self.found.key) != self.found:
            return False
        await self.bucket.delete(self.found.key)
        return True


class ObjectStorage:
    """Keeps PDFs right below the prefix, under the names that they have in a folder."""

    def __init__(self, bucket: Bucket, scratch: Scratch, cache: FileCache) -> None:
        self._bucket, self._scratch, self._cache = bucket, scratch, cache
        self._uploads = asyncio.Semaphore(UPLOADS_AT_ONCE)
        self.place = str(bucket.address)
        self.scratch = scratch.folder

    async def check(self) -> None:
        """Makes the folder of this host, and writes an object and removes it."""
        await asyncio.to_thread(self._scratch.make)
        await self._bucket.check()

    async def publish(self, source: str | Path, file_name: str, *, more_to_come: bool = False) -> None:
        """Uploads a file; more go at the same time, so none waits for others that may come."""
        if job_id_of(file_name) is None:
            raise FileMissing(file_name)
        try:
            async with self._uploads:
                await self._bucket.put_file(file_name, Path(source))
        except StorageUnavailable as error:
            raise StorageFailed(error) from None
        await asyncio.to_thread(Path(source).unlink, missing_ok=True)

    async def delete(self, file_name: str) -> None:
        """Removes a file and this host's copy."""
        if job_id_of(file_name) is None:
            raise FileMissing(file_name)
        await self._bucket.delete(file_name)
        await self._cache.forget(file_name)

    async def read_verified(self, file_name: str, sha256: str) -> Path:
        """A copy on this host. The store is asked each time, so that what was deleted there is not served."""
        if job_id_of(file_name) is None or await self._bucket.head(file_name) is None:
            raise FileMissing(file_name)
        try:
            return await self._cache.get(file_name, sha256, lambda: self._bucket.chunks(file_name))
        except WrongBytes:
            raise FileCorrupt(file_name) from None
        except Gone:
            raise FileMissing(file_name) from None
        except OSError as error:
            raise StorageUnavailable(f"this host can't keep a copy: {error.strerror or error}") from error

    async def old_files(self, age_seconds: float) -> AsyncGenerator[Sequence[OldObject], None]:
        """Pages of old PDFs, as `ReportStorage` says."""
        newest_ms = time.time_ns() // 1_000_000 - round(age_seconds * 1000)
        async for page in self._bucket.list():
            old = (self._ours(found) for found in page if found.modified_ms < newest_ms)
            if ours := tuple(file for file in old if file is not None):
                yield ours

    async def jobs_with_files(self) -> list[str]:
        """The jobs of the first page that has PDFs."""
        async for page in self._bucket.list():
            claims = [claim for found in page if (claim := claim_of(found.key))]
            if claims:
                return [job_id for job_id, _ in claims]
        return []

    async def volume_name(self) -> str | None:
        """The name in the object that names the volume."""
        there = await self._bucket.get(VOLUME_FILE)
        return None if there is None else there[0].decode(errors="replace").strip()

    async def name_volume(self, name: str) -> None:
        """Writes that object."""
        await self._bucket.put(VOLUME_FILE, f"{name}\n".encode())

    def _ours(self, found: Found) -> OldObject | None:
        claim = claim_of(found.key)
        if claim is None and not is_debris(found.key):
            return None
        job_id, fence = claim or (None, 0)
        return OldObject(self._bucket, found, job_id, fence)
