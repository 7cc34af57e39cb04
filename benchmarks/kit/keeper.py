"""Kills what a benchmark started when it is gone itself, also after a SIGKILL: `python keeper.py`.

Reads lines from its standard input, a pipe that the benchmark holds: `+PID` for a process that leads a
session, `-PID` when that one has ended, `*PID` for one that ends by itself but may stand still then. At
the end of the input all sessions that are left are killed, with every process in them. A death signal of
the kernel would not do: it is not passed on to what a peer forks.

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
    sleepers: set[int] = set()
    for line in sys.stdin:
        pid = int(line[1:])
        if line[0] == "+":
            leaders.add(pid)
        elif line[0] == "*":
            sleepers.add(pid)
        else:
            leaders.discard(pid)
            sleepers.discard(pid)
    processes = _processes()
    _signal([pid for pid, (_, session) in processes.items() if session in leaders], signal.SIGKILL)
    _signal(_below(sleepers, processes), signal.SIGCONT)


def _processes() -> dict[int, tuple[int, int]]:
    """Parent and session of every process."""
    found = {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            _, parent, _, session = entry.read_text().rpartition(")")[2].split()[:4]
            found[int(entry.parent.name)] = (int(parent), int(session))
    return found


def _below(roots: set[int], processes: dict[int, tuple[int, int]]) -> list[int]:
    """The roots and all that descends from them."""
    found = set(roots)
    while more := {pid for pid, (parent, _) in processes.items() if parent in found} - found:
        found |= more
    return sorted(found)


def _signal(pids: list[int], number: signal.Signals) -> None:
    for pid in pids:
        with contextlib.suppress(OSError):
            os.kill(pid, number)


if __name__ == "__main__":
    main()
