"""The machine a benchmark runs on, and how much of it other programs took meanwhile."""

from __future__ import annotations

import os
import platform
import resource
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from shared.launcher.allocator import installed_jemalloc

_TICK_SECONDS = 1 / os.sysconf("SC_CLK_TCK")


class Watch:
    """From its making on: what share of the machine's processor time other programs took."""

    def __init__(self) -> None:
        self._began, self._busy, self._own = time.monotonic(), _busy_seconds(), _own_seconds()

    def others(self) -> float:
        """The share so far, at most: programs of ours that nobody waited for count as others."""
        took = (time.monotonic() - self._began) * (os.cpu_count() or 1)
        others = (_busy_seconds() - self._busy) - (_own_seconds() - self._own)
        return max(0.0, others) / took


def describe() -> str:
    """Date, processor, memory, and versions of what the benchmarks run on."""
    model = next(
        (line.partition(":")[2].strip() for line in read_lines("/proc/cpuinfo") if "model name" in line),
        platform.processor() or platform.machine(),
    )
    memory_kb = next((int(line.split()[1]) for line in read_lines("/proc/meminfo") if "MemTotal" in line), 0)
    return (
        f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores of {model}, {memory_kb / 1e6:.0f} GB, "
        f"{platform.system()} {platform.release()}, {_python()}, "
        f"Node {_version('node')}, {_version('chromium')}, Redis with {installed_jemalloc() or 'libc'}, "
        f"Pressroom at {_commit()}"
    )


def read_lines(path: str | Path) -> list[str]:
    """The lines of a file, or none."""
    try:
        return Path(path).read_text().splitlines()
    except OSError:
        return []


def _python() -> str:
    """Its version, and whether it is the system's own, whose build counts."""
    whose = " of the system" if sys.base_prefix == "/usr" else ""
    return f"Python {platform.python_version()}{whose}"


def _version(program: str) -> str:
    printed = _printed(program, "--version")
    return " ".join(printed.split()[:2]) or f"no {program}"


def _commit() -> str:
    commit = _printed("git", "rev-parse", "--short", "HEAD") or "an unknown commit"
    return commit + (" with changes" if _printed("git", "status", "--porcelain", "-uno") else "")


def _printed(*command: str) -> str:
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=20, check=False).stdout.strip()
    except (OSError, subprocess.TimeoutExpired):
        return ""


def _busy_seconds() -> float:
    """All processors together: everything but idle and waiting for disks."""
    lines = read_lines("/proc/stat")
    user, nice, system, _, _, interrupt, soft, steal = map(int, lines[0].split()[1:9]) if lines else [0] * 8
    return (user + nice + system + interrupt + soft + steal) * _TICK_SECONDS


def _own_seconds() -> float:
    used = (resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in used)
