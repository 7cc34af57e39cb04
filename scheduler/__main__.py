"""`python -m scheduler`; with the argument `check` it tells by its exit status whether one is sweeping."""

from __future__ import annotations

import asyncio
import sys

import uvloop

from scheduler.service import is_sweeping, run_scheduler
from shared.entry import main_with_settings
from shared.settings import Settings


def run(settings: Settings) -> None:
    """Sweeps until SIGINT or SIGTERM."""
    uvloop.run(run_scheduler(settings))


def check(settings: Settings) -> None:
    """Exits with 0 when some scheduler swept lately, else with 1."""
    sys.exit(0 if asyncio.run(is_sweeping(settings)) else 1)


if __name__ == "__main__":
    main_with_settings("scheduler", check if sys.argv[1:] == ["check"] else run)
