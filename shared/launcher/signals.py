"""What tells the launcher to stop: Ctrl-C, SIGTERM, and the end of its terminal."""

from __future__ import annotations

import asyncio
import os
import select
import signal
import sys
import threading
from collections.abc import Callable


def on_stop_signals(stop: Callable[[], None]) -> None:
    """Calls `stop` in the running loop at each SIGINT and SIGTERM, and when the terminal is closed.

    `nohup make run` outlives its terminal: a SIGHUP that is ignored when the launcher starts stays so.
    """
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop)
    if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
        return
    loop.add_signal_handler(signal.SIGHUP, stop)
    if _is_led_by_its_parent():
        threading.Thread(target=_wait_for_hangup, args=(loop, stop), name="hangup", daemon=True).start()


def _is_led_by_its_parent() -> bool:
    """Whether `make` is the first process of this terminal, as in `ssh -t host make run`.

    It gets the SIGHUP alone then, and waits for the launcher instead of passing it on; a shell would.
    """
    return sys.platform == "linux" and os.isatty(0) and os.getsid(0) == os.getppid()


def _wait_for_hangup(loop: asyncio.AbstractEventLoop, stop: Callable[[], None]) -> None:
    poller = select.poll()
    poller.register(0, 0)  # nothing but errors and the hang-up: what is typed stays unread
    events = poller.poll()
    if any(event & select.POLLHUP for _, event in events) and not loop.is_closed():
        loop.call_soon_threadsafe(stop)
