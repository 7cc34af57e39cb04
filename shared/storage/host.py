"""Folders of this host for a storage that is elsewhere: private, and scratch that ends with its process."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import secrets
import shutil
import tempfile
import threading
from pathlib import Path
from typing import IO

from shared.errors import SettingsError

_LOCK = ".lock"


def private_folder(wanted: Path | None, default: Path) -> Path:
    """A folder that only this user can read.

    Args:
        wanted: as configured; None: `default`, or one in the system's temporary folder where that can't be
            written.
        default: see there.

    Raises:
        SettingsError: it can't be made, or is somebody else's.
    """
    # one of our own in the configured folder, which may be for others too
    own = wanted / f"pressroom-{os.getuid()}" if wanted else None
    candidates = [own] if own else [default, Path(tempfile.gettempdir()) / f"pressroom-{os.getuid()}"]
    reason = ""
    for folder in candidates:
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if folder.stat().st_uid == os.getuid() and not folder.is_symlink() and os.access(folder, os.W_OK):
                folder.chmod(0o700)
                return folder
            reason = f"{folder} is not ours to write"
        except OSError as error:
            reason = str(error)
    raise SettingsError(f"PRESSROOM_CACHE_DIR: {reason}")


def of_storage(folder: Path, url: str) -> Path:
    """The folder below that is used for one storage, so that two of them never meet."""
    return folder / hashlib.sha256(url.encode()).hexdigest()[:16]


class Scratch:
    """A folder for files that are being made. Those of processes that are gone are removed."""

    def __init__(self, parent: Path) -> None:
        self._parent = parent
        self.folder = parent / f"{os.getpid()}-{secrets.token_hex(6)}"
        self._lock: IO[bytes] | None = None
        self._making = threading.Lock()

    def make(self) -> None:
        """Makes the folder, once.

        Raises:
            OSError: it can't be made.
        """
        with self._making:
            if self._lock is not None and self.folder.is_dir():
                return
            self._parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            for other in self._parent.iterdir():
                _remove_if_left(other)
            self.close()
            while self._lock is None:
                self._lock = self._locked_folder()

    def _locked_folder(self) -> IO[bytes] | None:
        """None when another process took the folder for left before it was locked."""
        self.folder.mkdir(mode=0o700, exist_ok=True)
        try:
            lock = (self.folder / _LOCK).open("wb")
        except FileNotFoundError:
            return None
        fcntl.flock(lock, fcntl.LOCK_SH)
        with contextlib.suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(lock.fileno()), (self.folder / _LOCK).stat()):
                return lock
        lock.close()
        return None

    def close(self) -> None:
        """Gives the folder up."""
        if self._lock is not None:
            self._lock.close()
            self._lock = None


def _remove_if_left(folder: Path) -> None:
    """A folder without a lock file may be a moment old: its owner makes that next."""
    with contextlib.suppress(OSError), (folder / _LOCK).open("rb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(folder, ignore_errors=True)
