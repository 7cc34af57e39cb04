"""`python -m … RECORD`: writes down what it is told, until it is told to stop; `as-make`: its parent."""

from __future__ import annotations

import asyncio
import fcntl
import signal
import subprocess
import sys
import termios
from pathlib import Path

from shared.launcher.signals import on_stop_signals


async def wait_for_stop(record: Path) -> None:
    stop = asyncio.Event()

    def write(word: str) -> None:
        with record.open("a") as file:
            file.write(f"{word}\n")

    def on_stop() -> None:
        write("stop")
        stop.set()

    on_stop_signals(on_stop)
    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, write, "alive")
    write("ready")
    await stop.wait()


def wait_as_make_does(record: str) -> None:
    """The first process of a terminal: keeps the SIGHUP to itself and waits for its child."""
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    signal.signal(signal.SIGHUP, lambda *_: None)
    subprocess.run([sys.executable, "-m", __spec__.name, record], check=True)


if __name__ == "__main__":
    if sys.argv[1] == "as-make":
        wait_as_make_does(sys.argv[2])
    else:
        asyncio.run(wait_for_stop(Path(sys.argv[1])))
