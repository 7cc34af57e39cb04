"""Finds old files in a folder of PDFs, for the scheduler to compare with the records."""

from __future__ import annotations

import asyncio
import os
import re
import secrets
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from shared.storage.names import claim_of

#: the file that names the volume
VOLUME_FILE = ".pressroom-volume"
#: files listed at a time
PAGE = 500

#: what a crash may leave behind besides PDFs: a probe, half a copy between file systems
_DEBRIS = re.compile(r"\.probe-[0-9a-f]+|\.[^/]+\.pdf\.[0-9]+")


@dataclass(frozen=True, slots=True)
class OldFile:
    """A file of ours that was last written some time ago."""

    path: Path
    #: the job it was made for; None for what no job can name
    job_id: str | None
    fence: int
    #: changes when somebody writes the file anew
    modified_ns: int

    @property
    def name(self) -> str:
        """Of the file."""
        return self.path.name

    async def remove_unchanged(self) -> bool:
        """`delete_unchanged` without keeping others waiting."""
        return await asyncio.to_thread(self.delete_unchanged)

    def delete_unchanged(self) -> bool:
        """Removes the file if nobody has written it since it was listed; whether it did.

        Raises:
            OSError: the file system refused.
        """
        try:
            if self.path.stat(follow_symlinks=False).st_mtime_ns != self.modified_ns:
                return False
            self.path.unlink()
        except FileNotFoundError:
            return False
        return True


def old_files(folders: Sequence[Path], age_seconds: float) -> Iterator[tuple[OldFile, ...]]:
    """Pages of files last written more than `age_seconds` ago. Files that are not ours are passed over.

    Raises:
        OSError: a folder can't be read.
    """
    for folder in folders:
        files = _old_files_in(folder, age_seconds)
        while page := tuple(islice(files, PAGE)):
            yield page


def jobs_with_files(folder: Path) -> list[str]:
    """The jobs of up to `PAGE` PDFs.

    Raises:
        OSError: the folder can't be read.
    """
    with os.scandir(folder) as entries:
        claims = (claim_of(entry.name) for entry in entries)
        return list(islice((claim[0] for claim in claims if claim), PAGE))


def read_volume_name(folder: Path) -> str | None:
    """The name of the volume; None when it has none yet."""
    try:
        return (folder / VOLUME_FILE).read_text().strip()
    except FileNotFoundError:
        return None


def is_debris(file_name: str) -> bool:
    """Whether a file that no job can name was left behind by us."""
    return bool(_DEBRIS.fullmatch(file_name))


def new_volume_name() -> str:
    """A random name."""
    return secrets.token_hex(16)


def write_volume_name(folder: Path, name: str) -> None:
    """Names the volume."""
    (folder / VOLUME_FILE).write_text(f"{name}\n")


def _old_files_in(folder: Path, age_seconds: float) -> Iterator[OldFile]:
    newest_ns = time.time_ns() - round(age_seconds * 1e9)
    try:
        entries = os.scandir(folder)
    except FileNotFoundError:
        return
    with entries:
        for entry in entries:
            claim = claim_of(entry.name)
            if claim is None and not is_debris(entry.name):
                continue
            try:
                status = entry.stat(follow_symlinks=False)
            except FileNotFoundError:
                continue
            if entry.is_file(follow_symlinks=False) and status.st_mtime_ns < newest_ns:
                job_id, fence = claim or (None, 0)
                yield OldFile(Path(entry.path), job_id, fence, status.st_mtime_ns)
