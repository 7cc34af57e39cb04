"""What our services ask of the operating system and of Python when they start."""

from __future__ import annotations

import contextlib
import gc
import os


def prefer_throughput(pid: int = 0) -> None:
    """Lets a process and what it starts wait for a processor until others have had their turn, on Linux.

    A report passes through five processes that wake each other some twenty times. By default who is woken
    interrupts who works, and on busy processors they spend much of their time fetching their data into the
    caches again. With SCHED_BATCH (sched(7)) the one who works goes on until its slice, a few milliseconds,
    ends. Where a processor is free nothing changes.

    Args:
        pid: of the process; 0: this one.
    """
    if hasattr(os, "SCHED_BATCH"):
        with contextlib.suppress(OSError):  # a system that forbids it loses some speed, no more
            os.sched_setscheduler(pid, os.SCHED_BATCH, os.sched_param(0))


def calm_the_collector() -> None:
    """Leaves what has been loaded out of the garbage collection, and lets it look less often at the rest.

    Each request and each job makes hundreds of objects that are gone with it and hardly ever cycles, so the
    usual 700 mean a look every few of them that finds nothing.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
