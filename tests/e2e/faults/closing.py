"""How a command that judges a history ends: what it says, and what it leaves."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from tests.e2e.faults.history import History


def say(line: str) -> None:
    """Prints a line at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def put_away(history: History, folder: Path, *, keep: bool) -> None:
    """Keeps a folder with the history in it, for the checker, or removes it."""
    if keep:
        history.save(folder / "history.json")
        say(f"  kept: {folder} (python -m tests.e2e.faults.checker {folder / 'history.json'})")
    else:
        shutil.rmtree(folder, ignore_errors=True)
