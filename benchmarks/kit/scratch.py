"""Where benchmarks put what they make.

Some file systems (ext4 without a journal) pass over the inodes that were freed in the last minute, one by
one, whenever a file is made: whoever makes many would pay for those that another benchmark has just deleted.
So nothing is deleted in a run of several benchmarks before its end.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_PREFIX = "pressroom-bench-"

#: the folder of a whole run, whose owner removes it
_run_folder: Path | None = None


def keep_in(folder: Path) -> None:
    """Has everything stay in that folder."""
    global _run_folder  # noqa: PLW0603 - one process runs one benchmark
    _run_folder = folder


@contextmanager
def scratch() -> Iterator[str]:
    """A new folder. It is removed at the end, unless it is a part of a whole run."""
    name = tempfile.mkdtemp(prefix=_PREFIX, dir=_run_folder)
    try:
        yield name
    finally:
        if _run_folder is None:
            shutil.rmtree(name, ignore_errors=True)
