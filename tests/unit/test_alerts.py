from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from shared.alerts import Figures, evaluate
from shared.settings import Settings

CALM = Figures(None, 100, 2, 0, 2, 0, 50_000_000_000)


def firing(settings: Settings | None = None, **changes: Any) -> list[str]:
    alerts = evaluate(replace(CALM, **changes), settings or Settings())
    return [alert.name for alert in alerts if alert.firing]


def test_nothing_fires_while_all_is_well() -> None:
    assert firing() == []


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"oldest_waiting_seconds": 600.0}, "oldest-waiting"),
        ({"failed_last_hour": 40}, "failure-rate"),
        ({"workers": 0}, "no-workers"),
        ({"stalled_last_hour": 5}, "stalls"),
        ({"disk_free_bytes": 1_000_000}, "disk"),
    ],
)
def test_each_threshold_fires_its_own_alert(changes: dict[str, Any], name: str) -> None:
    assert firing(**changes) == [name]


def test_a_few_failures_are_no_alert_whatever_their_share() -> None:
    assert firing(completed_last_hour=0, failed_last_hour=4) == []


def test_a_threshold_of_zero_switches_an_alert_off() -> None:
    assert firing(Settings(alert_stalls=0), stalled_last_hour=99) == []
