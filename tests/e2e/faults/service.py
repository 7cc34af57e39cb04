"""`python -m tests.e2e.faults.service MODULE [--skew SECONDS] [--slow FILE]`: a service under test.

The service itself is the real one. Around it, in this process alone: a wall clock that is wrong, an fsync
that is slow while a file exists, and, for a worker, render children that can be asked to misbehave.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import runpy
import sys
import time
from pathlib import Path

from worker.children import forking

MISBEHAVING_CHILD_MODULE = "tests.e2e.faults.child"
#: what one fsync takes while the volume is slow, in seconds, unless the file that says so says how long
SLOW_SECONDS = 0.6


def main() -> None:
    """Prepares the process, then becomes the service."""
    parser = argparse.ArgumentParser()
    parser.add_argument("module")
    parser.add_argument("--skew", type=float, default=0.0)
    parser.add_argument("--slow", type=Path)
    options = parser.parse_args()
    if options.skew:
        shift_clock(options.skew)
    if options.slow:
        slow_down_fsync(options.slow)
    if options.module == "worker":
        use_misbehaving_children()
    sys.argv = [options.module]
    runpy.run_module(options.module, run_name="__main__", alter_sys=True)


def shift_clock(seconds: float) -> None:
    """Makes `time.time` and `time.time_ns` wrong by `seconds`; the monotonic clock stays right."""
    true_time, true_time_ns, shift_ns = time.time, time.time_ns, round(seconds * 1e9)
    time.time = lambda: true_time() + seconds
    time.time_ns = lambda: true_time_ns() + shift_ns


def slow_down_fsync(flag: Path) -> None:
    """Makes each fsync take long while `flag` exists; as long as it says."""
    true_fsync = os.fsync

    def fsync(descriptor: int) -> None:
        with contextlib.suppress(FileNotFoundError):
            time.sleep(float(flag.read_text() or SLOW_SECONDS))
        true_fsync(descriptor)

    os.fsync = fsync  # type: ignore[assignment]


def use_misbehaving_children() -> None:
    """Starts `tests.e2e.faults.child` wherever the worker would start its own fork server."""
    forking.FORK_SERVER_MODULE = MISBEHAVING_CHILD_MODULE


if __name__ == "__main__":
    main()
