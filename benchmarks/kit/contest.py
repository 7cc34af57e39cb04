"""Renderers that make the same document in turns, each in a process of its own that stays warm.

Time is that of the process itself from the values to the file; starting, importing and loading the values are
not in it. Nobody is waited for beyond the benchmark's time: what would take much of it is tried once, when
all others have their rounds, in a fair share of what is left; who is stopped then is known to take longer.
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
#: what one that is sure of its round has at least
SURE_SECONDS = 60.0
#: a round that takes less than this share of the budget
CHEAP = 0.025
#: seconds that one whose rounds are dear gets at least when it is tried
LEAST_TRY = 12.0
# it is given so many times as long as Pressroom takes
_LONGER = 1.5
# characters of what a failed process said last
_LAST_WORDS = 200


@dataclass
class Contestant:
    """One renderer with one document."""

    name: str
    command: Sequence[str]
    folder: Path = CHECKOUT
    env: dict[str, str] = field(default_factory=dict)
    #: seconds that a round is expected to take, from a smaller document; unknown: 0
    expected: float = 0.0
    #: makes the document once in any case, whatever was expected
    sure: bool = False
    samples: list[float] = field(default_factory=list)
    #: most memory it had, in MB, the loaded values included
    peak_mb: float = 0.0
    #: seconds after which it was stopped in its first round: it takes longer
    at_least: float = 0.0
    #: why it takes no further part
    out: str | None = None
    process: Any = None
    #: where its errors go, and where in there the process's own begin
    log: tuple[Path, int] | None = None

    @property
    def round_seconds(self) -> float:
        """What a round takes."""
        return max(self.samples, default=self.expected)

    def start(self, log: Path) -> None:
        """Starts the process and waits until it has loaded the document."""
        with log.open("ab") as errors:
            self.log = log, errors.tell()
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
                raise RuntimeError(f"ended with {self.process.wait()}{self._last_words()}")
            if line.startswith(b"{"):  # libraries print things, too
                answer: dict[str, Any] = json.loads(line)
                return answer

    def _last_words(self) -> str:
        """The last line that the process wrote to its errors, in brackets."""
        if self.log is None:
            return ""
        path, start = self.log
        with path.open("rb") as errors:
            errors.seek(start)
            lines = errors.read().decode(errors="replace").split("\n")
        last = next((line.strip() for line in reversed(lines) if line.strip()), "")
        return f" ({last[:_LAST_WORDS]})" if last else ""


def take_turns(contestants: Sequence[Contestant], target: Path, budget: Budget, most: int = LEAST) -> None:
    """Rounds in turn. Cheaper ones are sure of theirs before a dear one gets its."""
    while runnable := [one for one in contestants if _may_run(one, contestants, budget, most)]:
        one = min(
            runnable,
            key=lambda one: (is_dear(one, budget), len(one.samples), not one.sure, one.round_seconds),
        )
        seconds = _patience(one, contestants, budget)
        try:
            one.samples.append(one.render(target.with_name(f"{target.stem}-{one.name}.pdf"), seconds))
        except TimeoutError:
            one.out = f"stopped after {seconds:.0f} s"
            one.at_least = 0.0 if one.samples else seconds
        except (RuntimeError, OSError) as error:
            one.out = f"failed: {error}"
        if one.out:
            one.stop()
    for one in contestants:
        if not one.samples and one.out is None:
            one.out = f"not run: {one.expected:,.0f} s a round are expected"


def is_dear(one: Contestant, budget: Budget) -> bool:
    """Whether its rounds are so long that it is tried when all others have theirs."""
    return not one.sure and one.round_seconds >= budget.seconds * CHEAP


def _may_run(one: Contestant, contestants: Sequence[Contestant], budget: Budget, most: int) -> bool:
    if one.out or one.process is None or len(one.samples) >= most:
        return False
    if one.sure and not one.samples:
        return True
    if is_dear(one, budget) and not one.samples:
        return budget.left() >= LEAST_TRY
    cost = one.round_seconds
    others = [other for other in contestants if other is not one and other.out is None and other.process]
    untried = sum(LEAST_TRY for other in others if is_dear(other, budget) and not other.samples)
    cheaper = [other for other in others if other.round_seconds < cost and not is_dear(other, budget)]
    owed = sum(other.round_seconds * _owed(other, budget) for other in cheaper)
    return cost * 1.1 + max(owed, untried) < budget.left()


def _patience(one: Contestant, contestants: Sequence[Contestant], budget: Budget) -> float:
    """Seconds after which a round is stopped."""
    if one.samples or not is_dear(one, budget):
        return max(budget.left(), SURE_SECONDS * one.sure)
    untried = [
        other
        for other in contestants
        if other.out is None and other.process and is_dear(other, budget) and not other.samples
    ]
    # long enough to tell who is faster than what was measured before
    least = max(
        LEAST_TRY, *(_LONGER * one.round_seconds for one in contestants if one.sure and one.samples), 0
    )
    return max(budget.left() / min(len(untried), max(1, int(budget.left() / least))), least)


def _owed(one: Contestant, budget: Budget) -> int:
    """The rounds that are kept free for it: all that a median needs, or the first if it is dear."""
    least = LEAST if one.round_seconds < budget.seconds * CHEAP else 1
    return max(0, least - len(one.samples))


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
