"""A folder of PDFs. Files appear whole or not at all, and are checked before they are served."""

from __future__ import annotations

import asyncio
import hashlib
import os
import shutil
from collections import OrderedDict
from pathlib import Path

from shared.errors import FileCorrupt, FileMissing
from shared.storage.names import job_id_of

#: how many checked files are remembered, so that each is hashed once and not at every download
CHECKED_FILES = 4096

_Identity = tuple[str, int, int, int]


class LocalStorage:
    """Keeps files in one folder; a hidden folder beside them takes those still being written."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        #: where render children write; the same file system, so that publishing is a rename
        self.scratch = folder / ".tmp"
        self._checked: OrderedDict[_Identity, str] = OrderedDict()

    def prepare(self) -> None:
        """Makes the folders.

        Raises:
            OSError: they can't be made or written.
        """
        self.scratch.mkdir(parents=True, exist_ok=True)
        probe = self.scratch / f".probe-{os.getpid()}"
        probe.write_bytes(b"")
        probe.unlink()

    def path(self, file_name: str) -> Path:
        """Where a report's file is or would be.

        Raises:
            FileMissing: no report can have that name.
        """
        if job_id_of(file_name) is None:
            raise FileMissing(file_name)
        return self.folder / file_name

    async def publish(self, source: Path, file_name: str) -> None:
        """Moves a finished file into the folder under its name, and makes it survive a power cut.

        Raises:
            OSError: the file system refused.
        """
        await asyncio.to_thread(_publish, source, self.path(file_name))

    async def delete(self, file_name: str) -> None:
        """Removes a file; one that is not there is fine."""
        await asyncio.to_thread(self.path(file_name).unlink, missing_ok=True)

    async def read_verified(self, file_name: str, sha256: str) -> Path:
        """The path of a file whose bytes have the recorded hash.

        Raises:
            FileMissing: it is not there.
            FileCorrupt: its bytes are not those that were published.
        """
        return await asyncio.to_thread(self._verified, file_name, sha256)

    def _verified(self, file_name: str, sha256: str) -> Path:
        path = self.path(file_name)
        try:
            stat = path.stat()
            identity = (file_name, stat.st_ino, stat.st_size, stat.st_mtime_ns)
            if identity not in self._checked:
                self._remember(identity, _sha256(path))
        except FileNotFoundError:
            raise FileMissing(file_name) from None
        if self._checked[identity] != sha256:
            raise FileCorrupt(file_name)
        return path

    def _remember(self, identity: _Identity, digest: str) -> None:
        self._checked[identity] = digest
        while len(self._checked) > CHECKED_FILES:
            self._checked.popitem(last=False)


def _publish(source: Path, target: Path) -> None:
    _sync(source)
    try:
        source.replace(target)
    except OSError as error:
        if error.errno != 18:  # EXDEV: another file system, so the copy has to become whole first
            raise
        whole = target.with_name(f".{target.name}.{os.getpid()}")
        shutil.copyfile(source, whole)
        _sync(whole)
        whole.replace(target)
        source.unlink()
    _sync(target.parent)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
