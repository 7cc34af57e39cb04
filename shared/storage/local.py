"""A folder of PDFs. Files appear whole or not at all, and are checked before they are served."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import shutil
from collections.abc import AsyncGenerator, Callable, Sequence
from pathlib import Path

from shared.errors import FileCorrupt, FileMissing
from shared.storage import upkeep
from shared.storage.checked import CheckedFiles
from shared.storage.folders import make_writable, sync, sync_all
from shared.storage.names import job_id_of

#: how long a file waits for others, in seconds, when its writer says that more are coming, and how many go
#: together at most
GATHER_SECONDS = 0.015
GATHER_FILES = 32

#: a finished file, its place, and who waits for it to be there
_Unpublished = tuple[str, str, asyncio.Future[None]]


class LocalStorage:
    """Keeps files in one folder; a hidden folder beside them takes those still being written."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._folder_name = os.fspath(folder)
        #: where render children write; the same file system, so that publishing is a rename
        self.scratch = folder / ".tmp"
        self._checked = CheckedFiles()
        self._unpublished: list[_Unpublished] = []
        self._publishing: asyncio.Task[None] | None = None
        #: set when the files at hand should wait for no others
        self._enough = asyncio.Event()

    def prepare(self) -> None:
        """Makes the folders.

        Raises:
            OSError: they can't be made or written.
        """
        make_writable(self.scratch)

    @property
    def place(self) -> str:
        """The folder, for people to read."""
        return self._folder_name

    async def check(self) -> None:
        """`prepare` without keeping others waiting."""
        await asyncio.to_thread(self.prepare)

    def path(self, file_name: str) -> Path:
        """Where a report's file is or would be.

        Raises:
            FileMissing: no report can have that name.
        """
        return Path(self._place(file_name))

    def _place(self, file_name: str) -> str:
        if job_id_of(file_name) is None:
            raise FileMissing(file_name)
        return f"{self._folder_name}/{file_name}"

    async def publish(self, source: str | Path, file_name: str, *, more_to_come: bool = False) -> None:
        """Moves a finished file into the folder under its name, and makes it survive a power cut.

        Args:
            source: the file.
            file_name: its name in the folder.
            more_to_come: it may wait a moment for others, so that they share the waits for the disk.

        Raises:
            OSError: the file system refused.
        """
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._unpublished.append((os.fspath(source), self._place(file_name), done))
        if not more_to_come or len(self._unpublished) >= GATHER_FILES:
            self._enough.set()
        if self._publishing is None:
            self._publishing = asyncio.create_task(self._publish_all())
        await done

    async def _publish_all(self) -> None:
        """Files that come up while others are written out go together: the folder is synced once for all.

        They go `GATHER_FILES` at a time: behind a slow disk hundreds may wait, and the first ones shall not
        wait for the last.
        """
        batch: list[_Unpublished] = []
        try:
            while self._unpublished:
                if len(batch) < GATHER_FILES:  # else these have waited already
                    await self._gather()
                batch, self._unpublished = self._unpublished[:GATHER_FILES], self._unpublished[GATHER_FILES:]
                files = [(source, target) for source, target, _ in batch]
                outcomes = await self._outcomes(files)
                for (_, _, done), error in zip(batch, outcomes, strict=True):
                    if not done.done():
                        done.set_result(None) if error is None else done.set_exception(error)
        finally:
            self._publishing = None
            for _, _, done in (*batch, *self._unpublished):
                done.cancel()

    async def _outcomes(self, files: list[tuple[str, str]]) -> list[OSError | None]:
        try:
            return await asyncio.to_thread(_publish, files, self._folder_name)
        except Exception as error:  # no thread can be started, say: those who wait must hear of it
            return [OSError(errno.EAGAIN, f"{type(error).__name__}: {error}") for _ in files]

    async def _gather(self) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(GATHER_SECONDS):
                await self._enough.wait()
        self._enough.clear()

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
            found = self._checked.sha256(path)
        except FileNotFoundError:
            raise FileMissing(file_name) from None
        if found != sha256:
            raise FileCorrupt(file_name)
        return path

    async def old_files(self, age_seconds: float) -> AsyncGenerator[Sequence[upkeep.OldFile], None]:
        """Pages of old files, as `ReportStorage` says."""
        pages = upkeep.old_files((self.folder, self.scratch), age_seconds)
        while page := await asyncio.to_thread(next, pages, ()):
            yield page

    async def jobs_with_files(self) -> list[str]:
        """The jobs of some PDFs."""
        return await asyncio.to_thread(upkeep.jobs_with_files, self.folder)

    async def volume_name(self) -> str | None:
        """The name in the file that names the volume."""
        return await asyncio.to_thread(upkeep.read_volume_name, self.folder)

    async def name_volume(self, name: str) -> None:
        """Writes that file."""
        await asyncio.to_thread(upkeep.write_volume_name, self.folder, name)


def _publish(files: list[tuple[str, str]], folder: str) -> list[OSError | None]:
    """Moves files into a folder; returns what each of them met with.

    The names come first and the syncs after: one commit of the file system's journal then holds both. A power
    cut in between leaves a file that no record names.
    """
    moved = [_attempt(_move, source, target) for source, target in files]
    written = sync_all([target for _, target in files])
    failed = _attempt(sync, folder)
    return [first or second or failed for first, second in zip(moved, written, strict=True)]


def _attempt(action: Callable[..., None], *paths: str) -> OSError | None:
    try:
        action(*paths)
    except OSError as error:
        return error
    return None


def _move(source: str, target: str) -> None:
    try:
        os.replace(source, target)  # noqa: PTH105 - for each report, and pathlib costs more than the call
    except OSError as error:
        if error.errno != errno.EXDEV:  # another file system, so the copy has to become whole first
            raise
        whole = Path(target).with_name(f".{Path(target).name}.{os.getpid()}")
        shutil.copyfile(source, whole)
        whole.replace(target)
        Path(source).unlink()
