"""Renderers that make the same document in turns, each in a process of its own that stays warm.

Time is that of the process itself from the values to the file; starting, importing and loading the values are
not in it. Nobody is waited for beyond the benchmark's time: who is predicted not to fit is not run.
"""

from __future__ import annotations

import json
import select
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.kit.budget import LEAST, Budget
from benchmarks.kit.processes import end, spawn
from shared.settings import CHECKOUT
from tests.e2e.stack import descendants

START_SECONDS = 60.0


@dataclass
class Contestant:
    """One renderer with one document."""

    name: str
    command: Sequence[str]
    folder: Path = CHECKOUT
    env: dict[str, str] = field(default_factory=dict)
    #: seconds that a round is expected to take, from a smaller document; unknown: 0
    expected: float = 0.0
    samples: list[float] = field(default_factory=list)
    #: most memory it had, in MB, the loaded values included
    peak_mb: float = 0.0
    #: why it takes no further part
    out: str | None = None
    process: Any = None

    @property
    def round_seconds(self) -> float:
        """What a round takes."""
        return max(self.samples, default=self.expected)

    def start(self, log: Path) -> None:
        """Starts the process and waits until it has loaded the document."""
        with log.open("ab") as errors:
            self.process = spawn(
                self.command,
                self.env,
                self.folder,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
            )
        self._answer(START_SECONDS)

    def render(self, target: Path, seconds: float) -> float:
        """Makes the document once; how long that took.

        Raises:
            RuntimeError: it failed.
            TimeoutError: it takes longer than `seconds`.
        """
        self.process.stdin.write(f"{target}\n".encode())
        self.process.stdin.flush()
        taken = float(self._answer(seconds)["seconds"])
        self.peak_mb = max(self.peak_mb, _peak_mb(self.process.pid))
        return taken

    def stop(self) -> None:
        """Ends the process."""
        if self.process is not None:
            end(self.process)
            self.process.stdin.close()
            self.process.stdout.close()
            self.process = None

    def _answer(self, seconds: float) -> dict[str, Any]:
        deadline = time.monotonic() + seconds
        while True:
            ready, _, _ = select.select([self.process.stdout], [], [], max(0.0, deadline - time.monotonic()))
            if not ready:
                raise TimeoutError
            line = self.process.stdout.readline()
            if not line:
                raise RuntimeError(f"ended with {self.process.wait()}")
            if line.startswith(b"{"):  # libraries print things, too
                answer: dict[str, Any] = json.loads(line)
                return answer


def take_turns(contestants: Sequence[Contestant], target: Path, budget: Budget, most: int = LEAST) -> None:
    """Rounds in turn. Cheaper ones are sure of their rounds before a dear one gets another."""
    while runnable := [one for one in contestants if _may_run(one, contestants, budget, most)]:
        one = min(runnable, key=lambda one: (len(one.samples), one.round_seconds))
        try:
            one.samples.append(one.render(target.with_name(f"{target.stem}-{one.name}.pdf"), budget.left()))
        except TimeoutError:
            one.out = "over 2 minutes: not run to its end"
        except (RuntimeError, OSError) as error:
            one.out = f"failed: {error}"
        if one.out:
            one.stop()
    for one in contestants:
        if not one.samples and one.out is None:
            one.out = f"over 2 minutes: not run (a round is expected to take {one.expected:,.0f} s)"


def _may_run(one: Contestant, contestants: Sequence[Contestant], budget: Budget, most: int) -> bool:
    if one.out or one.process is None or len(one.samples) >= most:
        return False
    cost = one.round_seconds
    owed = sum(
        other.round_seconds * max(0, LEAST - len(other.samples))
        for other in contestants
        if other is not one and other.out is None and other.round_seconds < cost
    )
    return cost * 1.1 + owed < budget.left()


def _peak_mb(pid: int) -> float:
    """Of the process and those below it; pages they share count once for each."""
    return sum(map(_high_water_mb, (pid, *descendants(pid))))


def _high_water_mb(pid: int) -> float:
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0.0
    lines = (line for line in status.splitlines() if line.startswith("VmHWM"))
    return next((int(line.split()[1]) / 1024 for line in lines), 0.0)
