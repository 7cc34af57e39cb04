"""A child that ends before it had a job is replaced, but not as fast as the machine can fork."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from shared.settings import Settings
from tests.integration.worker.test_children import order
from tests.integration.worker.test_turns import run, until
from worker.children import pool as pool_module
from worker.children.forking import ForkServer
from worker.children.pool import ChildPool, pause_seconds
from worker.children.process import RenderChild


@pytest.mark.parametrize(
    ("ended_unused", "seconds"), [(0, 0.0), (1, 0.0), (2, 0.1), (3, 0.2), (5, 0.8), (6, 1.0), (10**6, 1.0)]
)
def test_the_pause_grows_to_a_second(ended_unused: int, seconds: float) -> None:
    assert pause_seconds(ended_unused) == pytest.approx(seconds)


async def test_children_that_end_over_and_over_are_started_after_pauses_and_the_job_is_rendered(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    def pause(ended_unused: int) -> float:
        asked.append(ended_unused)
        return 0.01

    start, started = RenderChild.start, 0

    async def short_lived(server: ForkServer) -> RenderChild:
        nonlocal started
        started += 1
        child = await start(server)
        if started <= 4:
            os.kill(child.pid, signal.SIGKILL)
            await until(lambda: not child.is_reusable)
        return child

    monkeypatch.setattr(pool_module, "pause_seconds", pause)
    monkeypatch.setattr(RenderChild, "start", short_lived)
    children = ChildPool(settings.model_copy(update={"worker_concurrency": 1}))
    children.start()
    await run(children, order(tmp_path / "a.pdf"))
    await children.close()
    assert asked == [1, 2, 3, 4]


async def test_a_child_that_had_a_job_is_replaced_without_a_pause(
    lone: ChildPool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    monkeypatch.setattr(pool_module, "pause_seconds", lambda ended_unused: asked.append(ended_unused) or 0.0)
    for name in ("a", "b"):
        child = (await run(lone, order(tmp_path / f"{name}.pdf"))).child
        os.kill(child.pid, signal.SIGKILL)
        await until(lambda gone=child: not gone.is_reusable)
    await run(lone, order(tmp_path / "c.pdf"))
    assert asked == []
