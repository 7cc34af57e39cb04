"""Starts a command that dies with its parent: `python tether.py PARENT_PID SIGNAL COMMAND…`.

The Makefile starts the launcher so, and the launcher everything else.

A script of its own, not a `preexec_fn`: forking Python code is unsafe once the parent has threads.
The kernel keeps the wish over `exec`, so the command has this process's id and nothing in between.
Linux only; elsewhere the command simply starts. Imports nothing but the standard library.
"""

from __future__ import annotations

import ctypes
import os
import sys
from pathlib import Path

PR_SET_PDEATHSIG = 1


def tethered(command: list[str], signal_number: int) -> list[str]:
    """`command` so started that the kernel sends it `signal_number` when the calling thread ends."""
    if sys.platform != "linux":
        return command
    # -I -S: no site-packages and no environment, a start of some 10 ms
    return [sys.executable, "-I", "-S", str(Path(__file__)), str(os.getpid()), str(signal_number), *command]


def main() -> None:
    """Asks the kernel for the signal, then becomes the command."""
    parent_pid, signal_number, *command = sys.argv[1:]
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(signal_number), 0, 0, 0)
    if os.getppid() != int(parent_pid):  # it died before the call above
        sys.exit(1)
    os.execvp(command[0], command)  # noqa: S606 - no shell is the point


if __name__ == "__main__":
    main()
