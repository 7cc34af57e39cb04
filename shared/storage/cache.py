"""Copies of stored files on this host, for all its processes: checked, bounded in bytes, oldest out first.

A copy's access time says when it was last used; nothing else may be read from it. Who needs a copy for long
holds a shared lock on it, which the system ends with the process. What was used a moment ago is about to be
opened and stays, too; once it is open, its removal does no harm.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import fcntl
import hashlib
import os
import secrets
import time
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from shared.storage.checked import CheckedFiles
from shared.storage.folders import FULL

#: a copy used within this time is not evicted, in seconds: an answer may be about to open it
IN_USE_SECONDS = 60.0
#: how full the cache is after room was made, as a share of its limit
FILLED_TO = 0.8
#: share of the limit that one process adds before it looks again at what others have added
_LOOK_AFTER = 0.1

#: a disk that is full gets this share of the copies back before the fetch is tried once more
_GIVEN_BACK = 0.5
#: how often a copy that is gone or damaged as soon as it is made is fetched anew
_TRIES = 3

Fetch = Callable[[], AsyncIterator[bytes]]


class WrongBytes(Exception):
    """What was fetched does not have the expected hash."""


class Gone(Exception):
    """There is nothing to fetch."""


@dataclass(frozen=True, slots=True)
class Copy:
    """A file in the cache."""

    name: str
    size: int
    #: in nanoseconds since the epoch
    used_ns: int


def evictable(copies: Iterable[Copy], now_ns: int) -> list[Copy]:
    """Those that may go, the longest unused first."""
    old = (copy for copy in copies if copy.used_ns <= now_ns - IN_USE_SECONDS * 1e9)
    return sorted(old, key=lambda copy: copy.used_ns)


@dataclass
class _Fetching:
    """A file on its way."""

    task: asyncio.Task[None]
    #: who waits for it
    waiting: int = 0


class FileCache:
    """Keeps copies in one folder, under names that never get other content."""

    def __init__(self, folder: Path, limit_bytes: int) -> None:
        self.folder = folder
        self._limit_bytes = limit_bytes
        self._checked = CheckedFiles()
        self._fetching: dict[str, _Fetching] = {}
        #: bytes in the folder as far as they are known; None: nobody has looked
        self._known: int | None = None
        self._added = 0
        self._held: dict[Path, list[IO[bytes]]] = {}

    async def get(self, name: str, sha256: str, fetch: Fetch) -> Path:
        """The path of a copy with that hash. Who asks for what is on its way waits for it.

        Raises:
            WrongBytes: what was fetched has another hash.
            Gone: there is nothing to fetch.
            OSError: this host has no room, or the folder can't be written.
        """
        for _ in range(_TRIES):
            if await asyncio.to_thread(self._use, name, sha256):
                return self.folder / name
            await self._fetch_for_all(name, sha256, fetch)
        if await asyncio.to_thread(self._use, name, sha256):
            return self.folder / name
        raise OSError(errno.EIO, "a copy is gone or damaged as soon as it is made")

    async def hold(self, name: str, sha256: str, fetch: Fetch) -> Path:
        """As `get`; the copy stays until `release`."""
        while True:
            path = await self.get(name, sha256, fetch)
            held = _locked(path)
            if held is not None:
                self._held.setdefault(path, []).append(held)
                return path

    def release(self, path: Path) -> None:
        """Ends one `hold`."""
        held = self._held[path]
        held.pop().close()
        if not held:
            del self._held[path]

    async def forget(self, name: str) -> None:
        """Removes a copy if there is one."""
        with contextlib.suppress(OSError):
            await asyncio.to_thread((self.folder / name).unlink, missing_ok=True)

    def _use(self, name: str, sha256: str) -> bool:
        """Whether there is a good copy, which then counts as used now."""
        path = self.folder / name
        try:
            modified_ns = path.stat().st_mtime_ns
            os.utime(path, ns=(time.time_ns(), modified_ns))
            if self._checked.sha256(path) == sha256:
                return True
            path.unlink()  # damaged on this host
        except FileNotFoundError:
            pass
        return False

    async def _fetch_for_all(self, name: str, sha256: str, fetch: Fetch) -> None:
        """Waits for what is on its way already, or fetches it. It ends when nobody waits any more."""
        found = self._fetching.get(name)
        if found is None:
            task = asyncio.create_task(self._fetch(name, sha256, fetch))
            found = self._fetching[name] = _Fetching(task)
            task.add_done_callback(lambda _: self._forget_fetching(name, task))
        found.waiting += 1
        try:
            await asyncio.shield(found.task)  # others may wait for it when this caller does not any more
        finally:
            found.waiting -= 1
            if not found.waiting and not found.task.done():
                self._forget_fetching(name, found.task)
                found.task.cancel()

    def _forget_fetching(self, name: str, task: asyncio.Task[None]) -> None:
        if name in self._fetching and self._fetching[name].task is task:
            del self._fetching[name]
        if task.done() and not task.cancelled():
            task.exception()  # those who wait have it; perhaps nobody does any more

    async def _fetch(self, name: str, sha256: str, fetch: Fetch) -> None:
        try:
            await self._fetch_once(name, sha256, fetch)
        except OSError as error:
            if error.errno not in FULL or not await asyncio.to_thread(self._give_back):
                raise
            await self._fetch_once(name, sha256, fetch)

    async def _fetch_once(self, name: str, sha256: str, fetch: Fetch) -> None:
        part = self.folder / f".{name}.{secrets.token_hex(6)}.part"
        file = await asyncio.to_thread(self._begin, part)
        try:
            digest = hashlib.sha256()
            async for chunk in fetch():
                await asyncio.to_thread(_take, chunk, file, digest.update)
            if digest.hexdigest() != sha256:
                raise WrongBytes
            await asyncio.to_thread(self._keep, file, part, self.folder / name)
        finally:
            part.unlink(missing_ok=True)
            with contextlib.suppress(OSError):  # what it could not write has been told
                file.close()

    def _keep(self, file: IO[bytes], part: Path, path: Path) -> None:
        """Gives a whole file its name; its lock keeps it until room was made for it."""
        file.flush()
        os.utime(part, ns=(time.time_ns(), part.stat().st_mtime_ns))
        with contextlib.suppress(FileExistsError):
            path.hardlink_to(part)  # no rename: another process may have made a copy, and hold it
        part.unlink()
        self._added += file.tell()
        self._make_room()

    def _begin(self, part: Path) -> IO[bytes]:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = part.open("xb")
        fcntl.flock(file, fcntl.LOCK_SH)
        return file

    def _make_room(self) -> None:
        if self._known is not None:
            added, known = self._added, self._known + self._added
            if known <= self._limit_bytes and added <= self._limit_bytes * _LOOK_AFTER:
                return
        self._known, self._added = self._evict_down_to(self._limit_bytes * FILLED_TO), 0

    def _give_back(self) -> bool:
        """Frees a part of a disk that is full; whether it could."""
        before = sum(copy.size for copy in self._copies())
        self._known = self._evict_down_to(before * _GIVEN_BACK)
        return self._known < before

    def _evict_down_to(self, limit_bytes: float) -> int:
        """As far as copies may go; how many bytes are left."""
        copies = list(self._copies())
        left = sum(copy.size for copy in copies)
        for copy in evictable(copies, time.time_ns()):
            if left <= limit_bytes:
                break
            if self._evict(copy):
                left -= copy.size
        return left

    def _copies(self) -> Iterable[Copy]:
        with os.scandir(self.folder) as entries:
            for entry in entries:
                with contextlib.suppress(FileNotFoundError):
                    status = entry.stat(follow_symlinks=False)
                    yield Copy(entry.name, status.st_size, status.st_atime_ns)

    def _evict(self, copy: Copy) -> bool:
        """Removes a copy unless somebody holds it or has used it since it was listed."""
        path = self.folder / copy.name
        try:
            with path.open("rb") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if os.fstat(file.fileno()).st_atime_ns != copy.used_ns:
                    return False
                path.unlink()
        except OSError:
            return False
        return True


def _take(chunk: bytes, file: IO[bytes], update: Callable[[bytes], None]) -> None:
    file.write(chunk)
    update(chunk)


def _locked(path: Path) -> IO[bytes] | None:
    """The open file, with a lock that keeps it; None: it was evicted just now."""
    try:
        file = path.open("rb")
    except FileNotFoundError:
        return None
    fcntl.flock(file, fcntl.LOCK_SH)
    with contextlib.suppress(FileNotFoundError):
        if os.path.samestat(os.fstat(file.fileno()), path.stat()):
            return file
    file.close()
    return None
