"""What a process of ours asks of the kernel, where that is Linux."""

from __future__ import annotations

import ctypes
import signal
import sys
from typing import Final

#: of prctl(2): the signal that a process gets when the thread that started it ends; the name that `top` shows
_PR_SET_PDEATHSIG: Final = 1
_PR_SET_NAME: Final = 15


def end_with_the_parent() -> None:
    """From now on the kernel kills this process when its parent ends. An earlier end is missed."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def name_process(name: str) -> None:
    """Names the process for `top` and `ps`, in at most 15 ASCII characters."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_NAME, name.encode("ascii"), 0, 0, 0)
