"""Processes of a benchmark: started in a session of their own, stood still while others are measured, ended.

They do not outlive the benchmark: `keeper` kills them when this process is gone, however it went.
"""

from __future__ import annotations

import contextlib
import functools
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

import httpx

from benchmarks.kit import keeper
from tests.e2e.stack import descendants

START_SECONDS = 40.0


def spawn(command: Sequence[str], env: Mapping[str, str], folder: Path, **streams: Any) -> Any:
    """Starts a process that ends with this one at the latest; `end` must be called on it."""
    process = subprocess.Popen(
        list(command), env={**os.environ, **env}, cwd=folder, start_new_session=True, **streams
    )
    _tell(f"+{process.pid}")
    return process


def end(process: Any) -> None:
    """Kills the process with all of its session."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    _tell(f"-{process.pid}")


def signal_tree(roots: Iterable[int], number: signal.Signals) -> None:
    """Sends the signal to the processes and to all below them."""
    for root in roots:
        for pid in (root, *descendants(root)):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)


class Group:
    """The processes of one system."""

    def __init__(self, log: Path) -> None:
        self._log = log
        self._processes: list[subprocess.Popen[bytes]] = []

    def start(self, command: Sequence[str], env: Mapping[str, str], folder: Path) -> None:
        """Starts one more."""
        with self._log.open("ab") as log:
            process = spawn(command, env, folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self._processes.append(process)

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
        raise RuntimeError(f"did not start: {self.log_tail()}")

    def stand_still(self) -> None:
        """Takes no processor time until `go_on`."""
        signal_tree(self.pids(), signal.SIGSTOP)

    def go_on(self) -> None:
        """After `stand_still`."""
        signal_tree(self.pids(), signal.SIGCONT)

    def end(self) -> None:
        """Kills all."""
        for process in self._processes:
            end(process)

    def pids(self) -> list[int]:
        """The started processes, without their children."""
        return [process.pid for process in self._processes]

    def log_tail(self) -> str:
        """The end of what they printed."""
        return self._log.read_text(errors="replace")[-500:].strip()


@contextlib.contextmanager
def group(log: Path) -> Iterator[Group]:
    """A group that ends with the block."""
    made = Group(log)
    try:
        yield made
    finally:
        made.end()


def _tell(line: str) -> None:
    pipe = _keeper()
    pipe.write(f"{line}\n".encode())
    pipe.flush()


@functools.cache
def _keeper() -> IO[bytes]:
    command = [sys.executable, "-I", "-S", keeper.__file__]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True)
    if process.stdin is None:
        raise RuntimeError("the keeper has no standard input")
    return process.stdin
