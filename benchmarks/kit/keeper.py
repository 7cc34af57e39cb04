"""Kills what a benchmark started when the benchmark itself is gone, also after a SIGKILL: `python keeper.py`.

Reads lines from its standard input, a pipe that the benchmark holds: `+PID` for a process that leads a session,
`-PID` when that one has ended. At the end of the input all sessions that are left are killed, with every
process in them. A death signal of the kernel would not do: it is not passed on to what a peer forks.

Imports nothing but the standard library.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from pathlib import Path


def main() -> None:
    """Waits for the end of the input."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    leaders: set[int] = set()
    for line in sys.stdin:
        change = leaders.add if line[0] == "+" else leaders.discard
        change(int(line[1:]))
    for pid in _members(leaders):
        with contextlib.suppress(OSError):
            os.kill(pid, signal.SIGKILL)


def _members(leaders: set[int]) -> list[int]:
    found = []
    for entry in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            session = entry.read_text().rpartition(")")[2].split()[3]
            if int(session) in leaders:
                found.append(int(entry.parent.name))
    return found


if __name__ == "__main__":
    main()
