"""A job costs no more than it did: counts that are the same on every machine, against recorded ones."""

from __future__ import annotations

import pytest

from benchmarks import costs
from shared.launcher.embedded_redis import EmbeddedRedis

#: how much more than recorded a cost may be
TOLERANCE = 1.10


@pytest.fixture(scope="module")
def measured() -> costs.Costs:
    with EmbeddedRedis(None, append_only=False) as server:
        return costs.measure(server.url)


@pytest.mark.parametrize("name", costs.recorded())
def test_a_cost_has_not_grown_by_more_than_a_tenth(name: str, measured: costs.Costs) -> None:
    recorded = costs.recorded()[name]
    assert measured[name] <= recorded * TOLERANCE, (
        f"{name}: {measured[name]:g}, recorded {recorded:g}; "
        "if that is meant: `python -m benchmarks.costs --record`"
    )


def test_every_cost_is_recorded(measured: costs.Costs) -> None:
    assert set(measured) == set(costs.recorded())


def test_one_job_at_a_time_costs_its_worker_at_most_four_round_trips(measured: costs.Costs) -> None:
    alone, loaded = (
        measured[f"{when}: worker's round trips per job"] for when in ("one at a time", "under load")
    )
    assert alone <= 4
    assert loaded < alone
