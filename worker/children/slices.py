"""How long a process may keep a processor while others wait for it, where Linux lets it choose."""

from __future__ import annotations

import ctypes
import os
import platform
import struct
import sys
from typing import Final

#: for a row of brief jobs, in milliseconds: some reports of a few milliseconds are rendered in one go, and
#: their worker, woken by each answer, finds them all when its turn comes
LONG_MS: Final = 20
#: the kernel's own choice, some milliseconds
DEFAULT: Final = 0
#: numbers of sched_setattr(2), which the C library has no function for, by `platform.machine()`
_SCHED_SETATTR: Final = {"x86_64": 314, "aarch64": 274}
#: its `struct sched_attr` in the first version: size, policy, flags, nice, priority, and in nanoseconds
#: runtime, deadline and period. For an ordinary process Linux 6.12 and later take the runtime as its slice,
#: from 0.1 to 100 ms; earlier ones pass over it
_SCHED_ATTR: Final = struct.Struct("=IIQiIQQQ")


def set_slice(milliseconds: int) -> None:
    """Asks for a slice of that length for this process, or for the kernel's own with `DEFAULT`.

    A system that knows no such wish, or forbids it, goes on as before.
    """
    number = _SCHED_SETATTR.get(platform.machine())
    if sys.platform != "linux" or number is None or sys.maxsize < 1 << 32:
        return
    policy = os.sched_getscheduler(0)
    if policy not in (os.SCHED_OTHER, os.SCHED_BATCH):  # an operator chose it, and it has other slices
        return
    nice = os.getpriority(os.PRIO_PROCESS, 0)
    wish = _SCHED_ATTR.pack(_SCHED_ATTR.size, policy, 0, nice, 0, milliseconds * 1_000_000, 0, 0)
    ctypes.CDLL(None).syscall(ctypes.c_long(number), 0, wish, 0)


class Slices:
    """The slices of a process that renders brief jobs and long ones.

    Long slices are for brief jobs only: a process that works for seconds is to let others in often.
    """

    def __init__(self) -> None:
        self._long = False

    def job_begins(self) -> None:
        """Every job is a brief one at first."""
        self._set(long=True)

    def job_lasts(self) -> None:
        """The job is no brief one."""
        self._set(long=False)

    def _set(self, *, long: bool) -> None:
        if long != self._long:
            self._long = long
            set_slice(LONG_MS if long else DEFAULT)
