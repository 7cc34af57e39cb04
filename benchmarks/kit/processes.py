"""Processes of a benchmark: started in a group of their own, stood still while others are measured, ended."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import httpx

START_SECONDS = 60.0


class Group:
    """The processes of one system."""

    def __init__(self, log: Path) -> None:
        self._log = log
        self._processes: list[subprocess.Popen[bytes]] = []

    def start(self, command: Sequence[str], env: Mapping[str, str], folder: Path) -> None:
        """Starts one more."""
        with self._log.open("ab") as log:
            self._processes.append(
                subprocess.Popen(
                    list(command),
                    env={**os.environ, **env},
                    cwd=folder,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                )
            )

    def wait_ready(self, port: int) -> None:
        """Waits until something answers `/ready` on the port.

        Raises:
            RuntimeError: a process ended, or nothing answers in time.
        """
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if any(process.poll() is not None for process in self._processes):
                break
            with contextlib.suppress(httpx.TransportError):
                if httpx.get(f"http://127.0.0.1:{port}/ready", trust_env=False).is_success:
                    return
            time.sleep(0.1)
        raise RuntimeError(f"did not start: {self._log.read_text(errors='replace')[-500:]}")

    def stand_still(self) -> None:
        """Takes no processor time until `go_on`."""
        self._signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """After `stand_still`."""
        self._signal(signal.SIGCONT)

    def end(self) -> None:
        """Kills all."""
        self._signal(signal.SIGKILL)
        for process in self._processes:
            process.wait()

    def pids(self) -> list[int]:
        """The started processes, without their children."""
        return [process.pid for process in self._processes]

    def _signal(self, number: signal.Signals) -> None:
        for process in self._processes:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, number)


@contextlib.contextmanager
def group(log: Path) -> Iterator[Group]:
    """A group that ends with the block."""
    made = Group(log)
    try:
        yield made
    finally:
        made.end()
