"""The fork server of a system that refuses a fork once: when a test has left a file for its process."""

from __future__ import annotations

import errno
import os
import tempfile
from pathlib import Path

from worker.children import forkserver


def refusal_of(pid: int) -> Path:
    """The file that a test leaves; `pid` is its process's."""
    return Path(tempfile.gettempdir()) / f"pressroom-no-fork-{pid}"


if __name__ == "__main__":
    fork = os.fork

    def fork_unless_refused() -> int:
        refusal = refusal_of(os.getppid())
        if refusal.exists():
            refusal.unlink()
            raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))
        return fork()

    os.fork = fork_unless_refused
    forkserver.main()
