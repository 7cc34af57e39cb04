"""What all storage folders need: that they can be written, and that what is in them survives a power cut."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path


def make_writable(folder: Path) -> None:
    """Makes the folder and those above it, and writes into it once.

    Raises:
        OSError: it can't be made or written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    probe = folder / f".probe-{os.getpid()}"
    probe.write_bytes(b"")
    probe.unlink()


def discard(path: str) -> None:
    """Removes a file as far as that is possible; what stays is an orphan."""
    with contextlib.suppress(OSError):
        Path(path).unlink(missing_ok=True)


def sync(path: str | Path) -> None:
    """Returns when a file's bytes, or a folder's entries, are on the disk.

    Raises:
        OSError: the disk refused.
    """
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
