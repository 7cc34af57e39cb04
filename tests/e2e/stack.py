"""The real stack as `make run` starts it, on free ports and in a folder of the test's own."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path

from shared.launcher.tether import tethered
from shared.settings import CHECKOUT
from tests.e2e.client import WAIT_SECONDS, Client, eventually, free_ports


class Stack(Client):
    """A launcher and what it started."""

    def __init__(self, folder: Path, **env: str) -> None:
        self.folder = folder
        super().__init__(*free_ports(3))
        settings = {
            "PRESSROOM_PRODUCER_PORT": str(self.producer_port),
            "PRESSROOM_WORKER_PORT": str(self.worker_port),
            "PRESSROOM_DASHBOARD_PORT": str(self.dashboard_port),
            "PRESSROOM_DATA_DIR": str(folder / "data"),
            "PRESSROOM_STORAGE_URL": (folder / "uploads").as_uri(),
        }
        inherited = {
            name: value
            for name, value in os.environ.items()
            if name != "REDIS_URL" and not name.startswith("PRESSROOM_")
        }
        self.env = {**inherited, **settings, **env}
        self.process: subprocess.Popen[bytes] | None = None

    def __exit__(self, *_: object) -> None:
        super().__exit__()
        if self.process is not None and self.process.poll() is None:
            self.stop(signal.SIGTERM)

    def launch(self, *command: str) -> subprocess.Popen[bytes]:
        """Starts a launcher, with `command` if given, and does not wait; its output is added to `output`."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "output.txt").open("ab") as output:
            return subprocess.Popen(
                # ends with the tests, even when those are killed
                tethered([*(command or (sys.executable, "-m", "shared.launcher"))], signal.SIGTERM),
                cwd=CHECKOUT,
                env=self.env,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def start(self, *command: str) -> Stack:
        """Starts it and waits for the banner."""
        self.process = process = self.launch(*command)
        seen = len(self.output)

        def is_up() -> bool:
            assert process.poll() is None, self.output
            return "Pressroom is ready" in self.output[seen:]

        eventually(is_up, "the banner")
        return self

    def stop(self, number: signal.Signals) -> int:
        """Sends the signal to the launcher alone and waits for its exit code."""
        assert self.process is not None
        self.process.send_signal(number)
        return self.process.wait(WAIT_SECONDS)

    @property
    def output(self) -> str:
        """What the launcher and the services have printed."""
        return (self.folder / "output.txt").read_text(errors="replace")

    def pids(self) -> dict[int, str]:
        """The launcher's descendants that are alive, with their command lines."""
        assert self.process is not None
        return descendants(self.process.pid)

    def pid_of(self, text: str) -> int:
        """The first descendant whose command line holds `text`."""
        return next(pid for pid, command in sorted(self.pids().items()) if text in command)


def descendants(root: int) -> dict[int, str]:
    """All processes below `root`, with their command lines; zombies do not count."""
    listing = subprocess.run(
        ["ps", "-A", "-ww", "-o", "pid=,ppid=,stat=,args="], capture_output=True, text=True, check=True
    )
    rows = [line.split(None, 3) for line in listing.stdout.splitlines()]
    found: dict[int, str] = {}
    parents = {root}
    while parents:
        below = {
            int(row[0]): row[3]
            for row in rows
            if int(row[1]) in parents and len(row) > 3 and row[2][0] != "Z"
        }
        parents = set(below) - set(found)
        found |= below
    return found


def render_children(worker: int) -> list[int]:
    """The render children of a worker, by the name that they give themselves."""
    return [pid for pid in descendants(worker) if _name_of(pid) == "render-child"]


def _name_of(pid: int) -> str:
    with contextlib.suppress(OSError):  # it may end while it is looked at
        return Path(f"/proc/{pid}/comm").read_text().strip()
    return ""


def is_alive(pid: int) -> bool:
    """Whether the process runs; a zombie does not."""
    listing = subprocess.run(
        ["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return listing.stdout.strip()[:1] not in ("", "Z")
