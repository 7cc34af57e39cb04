"""What a benchmark finds: tables, targets and what could not be measured."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any, Self

from benchmarks.kit.budget import SECONDS, Budget
from benchmarks.kit.figures import say, table

ANSWERS = {True: "met", False: "**not met**", None: "not measured"}


@dataclass(frozen=True, slots=True)
class Target:
    """A line of what was aimed at."""

    #: what is measured
    what: str
    #: what was wanted of it
    wanted: str
    #: what came out
    measured: str
    #: whether that is as wanted; None when it was not measured
    met: bool | None

    def row(self) -> list[str]:
        """As cells of a table."""
        return [self.what, self.wanted, self.measured, ANSWERS[self.met]]


@dataclass(slots=True)
class Outcome:
    """The result of one benchmark."""

    #: texts of Markdown: tables and the sentences that belong to them
    parts: list[str] = field(default_factory=list)
    targets: list[Target] = field(default_factory=list)
    #: what was not measured, or not as often as it should be, and why
    notes: list[str] = field(default_factory=list)

    def target(self, what: str, wanted: str, measured: str, met: bool | None) -> None:
        """Adds a target."""
        self.targets.append(Target(what, wanted, measured, met))

    def at_least(self, what: str, wanted: float, measured: float | None) -> None:
        """Adds a target for a ratio that must not be smaller."""
        shown = "-" if measured is None else f"{measured:.2f}"
        self.target(what, f"≥ {wanted:g}", shown, None if measured is None else measured >= wanted)

    def at_most(self, what: str, wanted: float, measured: float | None, unit: str = "") -> None:
        """Adds a target for a figure that must not be larger."""
        shown = "-" if measured is None else f"{measured:.2f}{unit}"
        self.target(what, f"≤ {wanted:.3g}{unit}", shown, None if measured is None else measured <= wanted)

    def text(self) -> str:
        """All of it as Markdown."""
        parts = list(self.parts)
        if self.notes:
            parts.append("\n".join(f"- {note}" for note in self.notes))
        if self.targets:
            parts.append(target_table(self.targets))
        return "\n\n".join(parts)

    def as_json(self) -> dict[str, Any]:
        """What `from_json` understands."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """The opposite of `as_json`."""
        return cls(data["parts"], [Target(**target) for target in data["targets"]], data["notes"])


def target_table(targets: list[Target]) -> str:
    """The targets as a table of Markdown."""
    return table(["target", "wanted", "measured", "result"], [target.row() for target in targets])


def run_alone(measure: Callable[[Budget], Outcome], name: str) -> None:
    """The command line of a single benchmark: measures and prints."""
    parser = argparse.ArgumentParser(prog=f"python -m benchmarks.{name}")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="time for it, about")
    say(measure(Budget(parser.parse_args().seconds)).text())
