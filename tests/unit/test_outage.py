"""An outage of Redis is told once when it begins and once when it is over."""

from __future__ import annotations

import pytest
from structlog.testing import capture_logs

from shared.errors import QueueUnavailable
from shared.logs import get_logger
from shared.outage import Outage

AWAY = QueueUnavailable("no connection")


class Clock:
    """Seconds that the test sets."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def outage(clock: Clock) -> Outage:
    return Outage(get_logger("test"), clock)


def test_an_outage_that_several_parts_notice_again_and_again_is_told_once(outage: Outage) -> None:
    with capture_logs() as lines:
        for _ in range(3):
            outage.failed("claim", AWAY)
            outage.failed("heartbeat", AWAY)
    assert lines == [
        {
            "event": "redis is away",
            "log_level": "warning",
            "noticed_by": "claim",
            "reason": "no connection",
        }
    ]


def test_it_is_over_when_every_part_had_an_answer_and_says_how_long_it_was(
    outage: Outage, clock: Clock
) -> None:
    outage.failed("claim", AWAY)
    clock.now += 1
    outage.failed("heartbeat", AWAY)
    clock.now += 60
    with capture_logs() as lines:
        outage.worked("claim")
        assert lines == []
        outage.worked("heartbeat")
        outage.worked("heartbeat")
    assert lines == [{"event": "redis is back", "log_level": "info", "away_seconds": 61.0}]


def test_nothing_is_said_while_all_is_well(outage: Outage) -> None:
    with capture_logs() as lines:
        outage.worked("claim")
    assert lines == []


def test_each_outage_is_told_anew(outage: Outage, clock: Clock) -> None:
    with capture_logs() as lines:
        for seconds in (1.0, 2.0):
            outage.failed("claim", AWAY)
            clock.now += seconds
            outage.worked("claim")
    assert [line.get("away_seconds") for line in lines] == [None, 1.0, None, 2.0]
