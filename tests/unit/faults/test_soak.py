"""What the hour of pauses calls a finding."""

from __future__ import annotations

from shared.queue.leases import HandBack
from tests.e2e.faults.soak import costs_of_pauses
from tests.unit.faults.histories import FAILED, event


def test_a_job_claimed_ahead_may_go_back() -> None:
    assert not costs_of_pauses([event(FAILED, "released", "waiting", 1, "w1", detail=HandBack.NO_CHILD)])


def test_other_hand_backs_stalls_and_failures_are_findings() -> None:
    bad = [
        event(FAILED, "released", "waiting", 1, "w1", detail=HandBack.SHUTDOWN),
        event(FAILED, "released", "waiting", 1, "w1"),
        event(FAILED, "stalled", "active", 1, "w1", detail=HandBack.NO_CHILD),
        event(FAILED, "retrying", "delayed", 1, "w1"),
        event(FAILED, "failed", "failed", 1, "w1"),
    ]
    assert len(costs_of_pauses(bad)) == len(bad)
