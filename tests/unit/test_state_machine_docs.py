"""docs/state-machine.md says what the code does."""

from __future__ import annotations

import re

from shared.job import TRANSITIONS, JobState
from shared.settings import CHECKOUT
from worker.retries import RETRYABLE

TEXT = (CHECKOUT / "docs" / "state-machine.md").read_text()
LUA = CHECKOUT / "shared" / "queue" / "lua"


def rows(columns: int) -> list[list[str]]:
    """The cells of the table rows that have so many columns."""
    lines = [line for line in TEXT.splitlines() if line.startswith("| ")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return [row for row in cells if len(row) == columns]


def test_the_table_of_moves_is_the_codes_table() -> None:
    _, *moves = rows(5)
    documented = {
        (state, action): set() if to == "removed" else set(to.split(", "))
        for state, action, to, _, _ in moves
    }
    code = {
        (state.value, action.value): {to.value for to in ends}
        for (state, action), ends in TRANSITIONS.items()
    }
    assert documented == code


def test_every_state_is_explained() -> None:
    _, *explained = rows(3)
    assert [row[0].strip("`") for row in explained] == [state.value for state in JobState]


def test_the_named_scripts_exist() -> None:
    named = set(re.findall(r"\w+\.lua", TEXT))
    assert named
    assert [name for name in named if not (LUA / name).is_file()] == []


def test_what_is_retried_is_what_the_code_retries() -> None:
    table = TEXT.partition("| retried | why |")[2].partition("| not retried")[0]
    assert set(re.findall(r"`(\w+)` \|", table)) == RETRYABLE
