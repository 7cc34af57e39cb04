"""A duty goes on through the times when Redis is away."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

import pytest

from scheduler.duty import Duty
from shared.errors import QueueUnavailable


async def test_a_duty_goes_on_after_an_outage_and_is_told_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.outage.RETRY_SECONDS", 0)
    outages, runs, done = [], [], asyncio.Event()

    async def run_once() -> None:
        runs.append(1)
        if len(runs) == 2:
            raise QueueUnavailable("away")
        if len(runs) == 4:
            done.set()

    repeating = asyncio.create_task(Duty("test", run_once, 0, lambda: outages.append(1)).repeat())
    await done.wait()
    repeating.cancel()
    assert outages == [1]


async def test_a_duty_comes_sooner_when_it_asks_for_it() -> None:
    second = asyncio.Event()
    runs = []

    async def run_once() -> float:
        runs.append(1)
        if len(runs) == 2:
            second.set()
        return 0.0

    repeating = asyncio.create_task(Duty("test", run_once, 3600).repeat())
    await asyncio.wait_for(second.wait(), 30)
    repeating.cancel()


async def test_a_duty_goes_on_after_a_bug_and_the_bug_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told: list[tuple[str, str]] = []
    monkeypatch.setattr("scheduler.duty.AFTER_BUG_SECONDS", 0)
    monkeypatch.setattr(
        "scheduler.duty.log", SimpleNamespace(exception=lambda event, duty: told.append((event, duty)))
    )
    runs, done = [], asyncio.Event()

    async def run_once() -> None:
        runs.append(1)
        if len(runs) == 3:
            done.set()
        raise ZeroDivisionError

    repeating = asyncio.create_task(Duty("sweep", run_once, 0).repeat())
    await asyncio.wait_for(done.wait(), 30)
    repeating.cancel()
    assert told[:2] == [("duty failed", "sweep")] * 2
