"""The objects below one prefix of a bucket: few calls, bounded waits, plain errors."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import obstore
from obstore.exceptions import BaseError, PreconditionError
from obstore.store import S3Store

from shared.errors import SettingsError, StorageUnavailable
from shared.object_address import ObjectAddress
from shared.storage.cache import Gone
from shared.storage.objects.refusals import reason_of

if TYPE_CHECKING:
    from obstore import ObjectMeta

T = TypeVar("T")

#: how long anything but a transfer may take, in seconds
ANSWER_SECONDS = 10.0
#: how long one request may take, in seconds; a transfer is made of requests of `PART_BYTES` each
REQUEST_SECONDS = 60
#: how long a request of an upload that failed is tried again, in seconds
RETRY_SECONDS = 60
PART_BYTES = 8 * 1024 * 1024
#: parts of one file on their way at a time
_PARTS_AT_ONCE = 2
#: objects listed at a time
PAGE = 500


@dataclass(frozen=True, slots=True)
class Found:
    """An object as the store knows it."""

    #: below the prefix
    key: str
    #: in bytes
    size: int
    #: by the store's clock, to the second in most of them
    modified_ms: int
    #: differs for other bytes
    version: str


class Bucket:
    """All calls raise `StorageUnavailable` when the store can't be reached or refuses."""

    def __init__(self, address: ObjectAddress) -> None:
        self.address = address
        #: for uploads: another attempt of the job costs its render anew
        self._patient = _opened(address, tries=10)
        self._store = _opened(address, tries=2)

    async def check(self) -> None:
        """Writes an object and removes it."""
        # its own name, for others may look at the same time
        probe = f".probe-{secrets.token_hex(8)}"
        await self.put(probe, b"")
        await self.delete(probe)

    async def put(self, key: str, content: bytes) -> None:
        """Writes an object; it is durable when this returns."""
        await self._answer(lambda: obstore.put_async(self._store, key, content))

    async def put_instead(self, key: str, content: bytes, version: str) -> bool:
        """Writes an object if it is still of that version; whether it was.

        `content` must differ from what is there: the same bytes are the same version.
        """
        try:
            await self._answer(
                lambda: obstore.put_async(self._store, key, content, mode={"e_tag": version}),
            )
        except _Changed:
            return False
        return True

    async def put_file(self, key: str, source: Path) -> None:
        """Writes a file of this host. It is there in full when this returns; before that it is not there.

        Raises:
            OSError: the file can't be read.
        """
        await asyncio.to_thread(source.stat)
        async with self._plainly():
            await obstore.put_async(
                self._patient, key, source, chunk_size=PART_BYTES, max_concurrency=_PARTS_AT_ONCE
            )

    async def get(self, key: str) -> tuple[bytes, Found] | None:
        """A small object's bytes; None: it is not there."""

        async def read() -> tuple[bytes, Found]:
            found = await obstore.get_async(self._store, key)
            return bytes(await found.bytes_async()), _found(found.meta)

        return await self._there(read)

    async def head(self, key: str) -> Found | None:
        """What is known of an object; None: it is not there."""

        async def look() -> Found:
            return _found(await obstore.head_async(self._store, key))

        return await self._there(look)

    async def chunks(self, key: str) -> AsyncIterator[bytes]:
        """An object's bytes, a request for each part.

        Raises:
            Gone: it is not there.
        """
        found = await self.head(key)
        if found is None:
            raise Gone(key)
        for start in range(0, found.size, PART_BYTES):
            end = min(start + PART_BYTES, found.size)
            try:
                async with self._plainly(FileNotFoundError):
                    part = await obstore.get_range_async(self._store, found.key, start=start, end=end)
            except FileNotFoundError:
                raise Gone(key) from None
            yield bytes(part)

    async def delete(self, key: str) -> None:
        """Removes an object; one that is not there is fine."""
        await self._answer(lambda: obstore.delete_async(self._store, key))

    async def list(self, folder: str = "") -> AsyncIterator[list[Found]]:
        """Pages of what lies below a folder of the prefix, in the order of the keys."""
        pages = obstore.list(self._store, folder or None, chunk_size=PAGE)
        while True:
            page = await self._answer(lambda: _next_page(pages))
            if not page:
                return
            yield [_found(meta) for meta in page]

    async def _there(self, call: Callable[[], Awaitable[T]]) -> T | None:
        try:
            async with self._plainly(FileNotFoundError), asyncio.timeout(ANSWER_SECONDS):
                return await call()
        except FileNotFoundError:
            return None

    async def _answer(self, call: Callable[[], Awaitable[T]]) -> T:
        async with self._plainly(), asyncio.timeout(ANSWER_SECONDS):
            return await call()

    @asynccontextmanager
    async def _plainly(self, *passed: type[Exception]) -> AsyncIterator[None]:
        try:
            yield
        except passed:
            raise
        except PreconditionError:
            raise _Changed from None
        except (BaseError, OSError, ValueError) as error:
            raise StorageUnavailable(f"{self.address}: {reason_of(error)}") from None


class _Changed(Exception):
    """Somebody else has written the object."""


def _opened(address: ObjectAddress, tries: int) -> S3Store:
    """A client with what the AWS_* variables say. It connects to nothing yet."""
    try:
        return S3Store(
            address.bucket,
            prefix=address.prefix or None,
            # not as `client_options`: they would take the place of what the variables say of the client
            timeout=f"{REQUEST_SECONDS}s",
            connect_timeout="5s",
            retry_config={"max_retries": tries, "retry_timeout": timedelta(seconds=RETRY_SECONDS)},
        )
    except (BaseError, ValueError):
        raise SettingsError(
            f"PRESSROOM_STORAGE_URL: {address} can't be opened: one of the AWS_* variables makes no sense"
        ) from None


async def _next_page(pages: AsyncIterator[Iterable[ObjectMeta]]) -> list[ObjectMeta]:
    try:
        return [*await anext(pages)]
    except StopAsyncIteration:
        return []


def _found(meta: ObjectMeta) -> Found:
    modified_ms = round(meta["last_modified"].timestamp() * 1000)
    return Found(meta["path"], meta["size"], modified_ms, meta["e_tag"] or "")
