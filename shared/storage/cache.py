"""Copies of stored files on this host, for all its processes: checked, bounded in bytes, oldest out first.

A copy's access time says when it was last used; nothing else may be read from it. Who needs a copy for long
holds a shared lock on it, which the system ends with the process. What was used a moment ago is about to be
opened and stays, too; once it is open, its removal does no harm.
"""

from __future__ import annotations

import asyncio
import contextlib
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

#: a copy used within this time is not evicted, in seconds: an answer may be about to open it
IN_USE_SECONDS = 60.0
#: how full the cache is after room was made, as a share of its limit
FILLED_TO = 0.8
#: share of the limit that one process adds before it looks again at what others have added
_LOOK_AFTER = 0.1

Fetch = Callable[[], AsyncIterator[bytes]]


class WrongBytes(Exception):
    """What was fetched does not have the expected hash."""


@dataclass(frozen=True, slots=True)
class Copy:
    """A file in the cache."""

    name: str
    size: int
    #: in nanoseconds since the epoch
    used_ns: int


def to_evict(copies: Iterable[Copy], limit_bytes: int, now_ns: int) -> list[str]:
    """The names of those that must go so that the rest has room, the longest unused first."""
    ordered = sorted(copies, key=lambda copy: copy.used_ns)
    excess = sum(copy.size for copy in ordered) - limit_bytes
    gone = []
    for copy in ordered:
        if excess <= 0 or copy.used_ns > now_ns - IN_USE_SECONDS * 1e9:
            break
        gone.append(copy.name)
        excess -= copy.size
    return gone


class FileCache:
    """Keeps copies in one folder, under names that never get other content."""

    def __init__(self, folder: Path, limit_bytes: int) -> None:
        self.folder = folder
        self._limit_bytes = limit_bytes
        self._checked = CheckedFiles()
        self._fetching: dict[str, asyncio.Task[None]] = {}
        #: bytes in the folder as far as they are known; None: nobody has looked
        self._known: int | None = None
        self._added = 0
        self._held: dict[Path, list[IO[bytes]]] = {}

    async def get(self, name: str, sha256: str, fetch: Fetch) -> Path:
        """The path of a copy with that hash. Who asks for what is on its way waits for it.

        Raises:
            WrongBytes: what was fetched has another hash.
            OSError: this host has no room, or the folder can't be written.
        """
        while not await asyncio.to_thread(self._use, name, sha256):
            task = self._fetching.get(name)
            if task is None:
                task = self._fetching[name] = asyncio.create_task(self._fetch(name, sha256, fetch))
                task.add_done_callback(lambda done: self._fetched(name, done))
            await asyncio.shield(task)  # others may wait for it when this caller does not any more
        return self.folder / name

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

    async def _fetch(self, name: str, sha256: str, fetch: Fetch) -> None:
        part = self.folder / f".{name}.{secrets.token_hex(6)}.part"
        file = await asyncio.to_thread(self._begin, part)
        try:
            digest = hashlib.sha256()
            async for chunk in fetch():
                await asyncio.to_thread(_take, chunk, file, digest.update)
            if digest.hexdigest() != sha256:
                raise WrongBytes
            self._added += file.tell()
            file.flush()
            part.replace(self.folder / name)
        finally:
            file.close()
            part.unlink(missing_ok=True)
        await asyncio.to_thread(self._make_room)

    def _begin(self, part: Path) -> IO[bytes]:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = part.open("xb")
        fcntl.flock(file, fcntl.LOCK_SH)
        return file

    def _fetched(self, name: str, task: asyncio.Task[None]) -> None:
        del self._fetching[name]
        if not task.cancelled():
            task.exception()  # those who wait have it; perhaps nobody does any more

    def _make_room(self) -> None:
        if self._known is not None:
            added, known = self._added, self._known + self._added
            if known <= self._limit_bytes and added <= self._limit_bytes * _LOOK_AFTER:
                return
        copies = list(self._copies())
        total = sum(copy.size for copy in copies)
        if total > self._limit_bytes * FILLED_TO:
            evicted = set(to_evict(copies, round(self._limit_bytes * FILLED_TO), time.time_ns()))
            total -= sum(copy.size for copy in copies if copy.name in evicted and self._evict(copy.name))
        self._known, self._added = total, 0

    def _copies(self) -> Iterable[Copy]:
        with os.scandir(self.folder) as entries:
            for entry in entries:
                with contextlib.suppress(FileNotFoundError):
                    status = entry.stat(follow_symlinks=False)
                    yield Copy(entry.name, status.st_size, status.st_atime_ns)

    def _evict(self, name: str) -> bool:
        """Removes a copy unless somebody holds it."""
        path = self.folder / name
        try:
            with path.open("rb") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
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
