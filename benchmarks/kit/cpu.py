"""CPU time of processes, from /proc."""

from __future__ import annotations

import os
from pathlib import Path

from tests.e2e.stack import descendants

_TICK_MS = 1000 / os.sysconf("SC_CLK_TCK")


def cpu_ms(pid: int) -> float:
    """User and system time of a process and of its ended children so far; 0 when it is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(int(field) for field in fields[11:15]) * _TICK_MS


def cpu_ms_below(root: int) -> float:
    """The same of all processes below `root`, without `root` itself."""
    return sum(cpu_ms(pid) for pid in descendants(root))


def rss_mb(pid: int) -> float:
    """Memory that a process holds now, in MB; pages shared with others count in full."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def pss_mb(pid: int) -> float:
    """The same with each page divided among the processes that share it."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) / 1000 for line in lines if line.startswith("Pss:"))
