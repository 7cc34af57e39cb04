"""What a process of ours asks of the kernel, where that is Linux."""

from __future__ import annotations

import ctypes
import os
import platform
import signal
import struct
import sys
from typing import Final

#: of prctl(2): the signal that a process gets when the thread that started it ends; the name that `top` shows
_PR_SET_PDEATHSIG: Final = 1
_PR_SET_NAME: Final = 15
#: numbers of sched_setattr(2), which the C library has no function for, by `platform.machine()`
_SCHED_SETATTR: Final = {"x86_64": 314, "aarch64": 274}
#: its `struct sched_attr` in the first version: size, policy, flags, nice, priority, and in nanoseconds
#: runtime, deadline and period. For an ordinary process Linux 6.12 and later take the runtime as its slice,
#: from 0.1 to 100 ms; earlier ones pass over it
_SCHED_ATTR: Final = struct.Struct("=IIQiIQQQ")
#: the slice that the kernel chooses itself, some milliseconds
OWN_SLICE: Final = 0


def end_with_the_parent() -> None:
    """From now on the kernel kills this process when its parent ends. An earlier end is missed."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def name_process(name: str) -> None:
    """Names the process for `top` and `ps`, in at most 15 ASCII characters."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_NAME, name.encode("ascii"), 0, 0, 0)


def set_slice(milliseconds: int) -> None:
    """How long this process may keep a processor while others wait for it, or `OWN_SLICE`.

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
