"""What all storage folders need: that they can be written, and that what is in them survives a power cut."""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import secrets
from collections.abc import Callable, Sequence
from pathlib import Path

#: of <fcntl.h>: begin to write out what is not on the disk yet, and wait for nothing
_SYNC_FILE_RANGE_WRITE = 2


#: what says that a disk has no more room
FULL = (errno.ENOSPC, errno.EDQUOT)


def make_writable(folder: Path) -> None:
    """Makes the folder and those above it, and writes into it once.

    Raises:
        OSError: it can't be made or written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    # its own name, for others may look at the same time, and in containers each of them is process 1
    probe = folder / f".probe-{secrets.token_hex(8)}"
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


def sync_all(paths: Sequence[str]) -> list[OSError | None]:
    """Returns when the bytes of all these files are on the disk; what each of them met with.

    All are begun before the first is waited for: the disk has them at once instead of one after the other.
    All are open meanwhile, so they should be few.
    """
    opened: list[int | OSError] = [_opened(path) for path in paths]
    for descriptor in opened:
        if isinstance(descriptor, int):
            _begin_to_write(descriptor)
    return [_synced(descriptor) for descriptor in opened]


def _opened(path: str) -> int | OSError:
    try:
        return os.open(path, os.O_RDONLY)
    except OSError as error:
        return error


def _synced(descriptor: int | OSError) -> OSError | None:
    """Also closes it."""
    if isinstance(descriptor, OSError):
        return descriptor
    try:
        os.fsync(descriptor)
    except OSError as error:
        return error
    finally:
        os.close(descriptor)
    return None


def _sync_file_range() -> Callable[[int, int, int, int], int] | None:
    """Linux's call of that name, where the C library has it: `int (int, off64_t, off64_t, unsigned)`."""
    function = getattr(ctypes.CDLL(None), "sync_file_range", None)
    if function is not None:
        function.argtypes = (ctypes.c_int, ctypes.c_int64, ctypes.c_int64, ctypes.c_uint)
    return function


_SYNC_FILE_RANGE = _sync_file_range()


def _begin_to_write(descriptor: int) -> None:
    """A hint. What it meets with is told by the sync that follows."""
    if _SYNC_FILE_RANGE is not None:
        _SYNC_FILE_RANGE(descriptor, 0, 0, _SYNC_FILE_RANGE_WRITE)
