"""How a render child ended, in words for the person who asked for the report. Pure."""

from __future__ import annotations

from signal import Signals
from typing import Final

#: what a signal tells of a render that nobody stopped on purpose
_MEANINGS: Final = {
    Signals.SIGSEGV: "native code used memory that it does not have",
    Signals.SIGBUS: "native code used memory in a way that it can't",
    Signals.SIGILL: "native code ran what is no instruction",
    Signals.SIGFPE: "an arithmetic error in native code",
    Signals.SIGABRT: "native code gave up",
    Signals.SIGKILL: "by the kernel, as when memory runs out, or by somebody on this machine",
    Signals.SIGTERM: "by somebody on this machine",
}
#: how a stack begins that `faulthandler` writes
_STACK: Final = "Fatal Python error"
MAX_DETAIL: Final = 4000


def reason_of(status: int | None) -> str:
    """One sentence for an exit status as `subprocess` tells it: negative is the number of a signal."""
    if status is None:
        return "the render child was lost together with the process that it was forked from"
    if status >= 0:
        return f"the render child ended by itself with status {status}"
    try:
        number = Signals(-status)
    except ValueError:  # a real-time signal
        return f"the render child was killed by signal {-status}"
    meaning = f": {_MEANINGS[number]}" if number in _MEANINGS else ""
    return f"the render child was killed by signal {-status} ({number.name}){meaning}"


def detail_of(said: str) -> str:
    """What is kept of a child's last words: the stack of a crash from its beginning, else the end."""
    said = said.strip()
    begin = said.rfind(_STACK)
    return said[begin:][:MAX_DETAIL] if begin >= 0 else said[-MAX_DETAIL:]
