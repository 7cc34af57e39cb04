"""Two short storms at once in every test run: one that is always the same, one by chance."""

from __future__ import annotations

import asyncio
import secrets
from pathlib import Path

import pytest

from tests.e2e.faults.checker import judge
from tests.e2e.faults.storm import Size, run_storm
from tests.e2e.faults.summary import figures

SIZE = Size(jobs=70, faults=9)
FIXED_SEED = 1


@pytest.mark.timeout(240)
async def test_storms_break_no_promise(tmp_path: Path) -> None:
    seeds = (FIXED_SEED, secrets.randbelow(10**6))
    histories = await asyncio.gather(*(run_storm(tmp_path / str(seed), seed, SIZE, print) for seed in seeds))
    for history in histories:
        again = f"make chaos ARGS='--seed {history.seed} --jobs {SIZE.jobs} --faults {SIZE.faults}'"
        assert judge(history) == [], f"to run it again: {again}"
        counts = figures(history)
        assert counts["lost"] == counts["published twice"] == 0
        assert counts["completed"] > 0
