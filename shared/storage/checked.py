"""Which files have been hashed, so that each is hashed once and not at every download."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from pathlib import Path

#: how many files are remembered
CHECKED_FILES = 4096


class CheckedFiles:
    """Knows the hashes of files; one that was written anew is hashed anew."""

    def __init__(self) -> None:
        self._hashes: OrderedDict[tuple[str, int, int, int], str] = OrderedDict()

    def sha256(self, path: Path) -> str:
        """The hash of a file's bytes, hex.

        Raises:
            FileNotFoundError: it is not there.
        """
        stat = path.stat()
        identity = (path.name, stat.st_ino, stat.st_size, stat.st_mtime_ns)
        if identity not in self._hashes:
            self._hashes[identity] = _sha256(path)
            while len(self._hashes) > CHECKED_FILES:
                self._hashes.popitem(last=False)
        return self._hashes[identity]


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
