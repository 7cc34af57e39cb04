"""The file of the results."""

from __future__ import annotations

import functools
import importlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.kit.figures import table
from benchmarks.kit.machine import describe, read_lines
from benchmarks.kit.outcome import ANSWERS, Outcome
from benchmarks.peers.install import HERE

_QUIET = 0.05


@dataclass(frozen=True, slots=True)
class Part:
    """One benchmark of a run."""

    name: str
    outcome: Outcome
    #: how long it took
    seconds: float
    #: the share of the machine that other programs took meanwhile
    others: float

    def text(self) -> str:
        """The section of the results."""
        module = importlib.import_module(f"benchmarks.{self.name.partition('_')[0]}")
        busy = "" if self.others < _QUIET else ": **the machine was not quiet**"
        return (
            f"## {self.name.replace('_', ' ')}\n\n{(module.__doc__ or '').strip()}\n\n{self.outcome.text()}\n\n"
            f'`make bench ARGS="--only {self.name}"`, {self.seconds:.0f} s; other programs took up to '
            f"{self.others:.0%} of the processor time{busy}."
        )


def write(target: Path, parts: Sequence[Part], wanted: Sequence[str]) -> None:
    """Writes what there is so far."""
    missing = [name for name in wanted if name not in {part.name for part in parts}]
    head = f"# Benchmarks\n\n{_machine()}"
    if missing:
        head += f"\n\n**This run is not complete: {', '.join(missing)} did not run.**"
    sections = [head, _targets(parts), *(part.text() for part in parts)]
    whole = target.with_suffix(".part")
    whole.write_text("\n\n".join(sections) + "\n")
    whole.replace(target)


def _targets(parts: Sequence[Part]) -> str:
    rows = [[part.name, *target.row()] for part in parts for target in part.outcome.targets]
    met = sum(row[-1] == ANSWERS[True] for row in rows)
    found = table(["benchmark", "target", "wanted", "measured", "result"], rows)
    return f"## Targets\n\n{met} of {len(rows)} are met.\n\n{found}"


@functools.cache
def _machine() -> str:
    return (
        f"{describe()}. Peers: {', '.join(_peers())}.\n\n"
        "`make bench` ran everything below in one go. Every system used the same Redis binary with its "
        "append-only file synced at every write, where nothing else is said. Figures are medians of the rounds, "
        "with the lowest and the highest. What is compared with what, and why that is fair: "
        "[README.md](README.md)."
    )


def _peers() -> list[str]:
    python = [line.replace("==", " ") for line in read_lines(HERE / "requirements.txt") if "==" in line]
    node = [line.strip(' ,"').replace('": "', " ") for line in read_lines(HERE / "node" / "package.json")]
    return [*python, *(line for line in node if line[-1:].isdigit())]
