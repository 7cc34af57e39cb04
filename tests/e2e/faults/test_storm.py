"""Two short storms in every test run: one that is always the same, one by chance. See `make chaos`."""

from __future__ import annotations

import secrets
from pathlib import Path

import pytest

from tests.e2e.faults.checker import judge
from tests.e2e.faults.storm import Size, run_storm
from tests.e2e.faults.summary import figures

SIZE = Size(jobs=80, faults=9)


@pytest.mark.timeout(240)
@pytest.mark.parametrize("seed", [1, secrets.randbelow(10**6)], ids=lambda seed: f"seed-{seed}")
async def test_a_storm_breaks_no_promise(seed: int, tmp_path: Path) -> None:
    history = await run_storm(tmp_path / "storm", seed, SIZE, print)
    history.save(tmp_path / "history.json")
    assert judge(history) == [], f"run it again: make chaos ARGS='--seed {seed} --jobs 80 --faults 9'"
    counts = figures(history)
    assert counts["lost"] == counts["published twice"] == 0
    assert counts["completed"] > 0
