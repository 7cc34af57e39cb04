"""The folder of PDFs as a small file system of its own, which can be full or read-only for real.

It is a tmpfs in a private mount namespace, so it ends with the process that made it, whatever ends that.
Where that is not allowed (no CAP_SYS_ADMIN) it is a plain folder, and `is_mounted` says so.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import errno
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from functools import cache
from pathlib import Path

CLONE_NEWNS = 0x00020000
SIZE_MB = 256
REFILL_SECONDS = 0.02
REMOUNT_SECONDS = 5.0
BLOCK = b"\0" * (1 << 20)


class CantRemount(Exception):
    """Some file was open for writing at every try."""


class Volume:
    """Where the stack under test stores its files; a plain folder unless it is to be `small`."""

    def __init__(self, folder: Path, *, small: bool = True) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.is_mounted = (
            small and _private_mounts() and _mount("-t", "tmpfs", "-o", f"size={SIZE_MB}m", "tmpfs", folder)
        )

    def close(self) -> None:
        """Unmounts it; its files are gone."""
        if self.is_mounted:
            subprocess.run(["umount", "--lazy", str(self.folder)], check=False, capture_output=True)

    @contextlib.asynccontextmanager
    async def full(self) -> AsyncIterator[None]:
        """Not one more byte fits, even when files are deleted meanwhile."""
        filler = self.folder / ".filler"
        filling = asyncio.create_task(self._keep_full(filler))
        try:
            yield
        finally:
            filling.cancel()
            await asyncio.gather(filling, return_exceptions=True)
            filler.unlink(missing_ok=True)

    @contextlib.asynccontextmanager
    async def read_only(self) -> AsyncIterator[None]:
        """Every write is refused.

        Raises:
            CantRemount: it could not be done while so much is being written.
        """
        deadline = time.monotonic() + REMOUNT_SECONDS
        while not _mount("-o", "remount,ro", self.folder):
            if time.monotonic() > deadline:
                raise CantRemount
            await asyncio.sleep(0.001)
        try:
            yield
        finally:
            assert _mount("-o", "remount,rw", self.folder)

    async def _keep_full(self, filler: Path) -> None:
        with filler.open("ab", buffering=0) as out:
            while True:
                for size in (len(BLOCK), 4096):
                    with contextlib.suppress(OSError):
                        while out.write(BLOCK[:size]):
                            pass
                await asyncio.sleep(REFILL_SECONDS)


@cache
def _private_mounts() -> bool:
    """Moves this thread, and every process it starts from now on, into mounts of its own."""
    if sys.platform != "linux" or os.geteuid() != 0:
        return False
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNS) != 0:
        assert ctypes.get_errno() in (errno.EPERM, errno.ENOSYS), ctypes.get_errno()
        return False
    return _mount("--make-rprivate", "/")


def _mount(*arguments: str | Path) -> bool:
    return subprocess.run(["mount", *arguments], check=False, capture_output=True).returncode == 0
