"""While renders are brief a worker claims ahead of time, so that its children need not wait for Redis."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from arq.connections import ArqRedis

from shared.job import JobState
from shared.logs import get_logger
from shared.outage import Outage
from shared.queue.commands import QueueCommands
from shared.queue.leases import ClaimedJob, Leases
from shared.queue.reads import QueueReads
from shared.settings import Settings
from shared.storage import DatasetFolder, LocalStorage
from tests.factories import spec
from worker import report_worker
from worker.children.pool import ChildPool, NoChildFree
from worker.executor import Executor
from worker.listeners import Listeners
from worker.report_worker import HOLD_SECONDS, ReportWorker


class Renders:
    """In the place of an executor: the test says when a job is rendered, and how it ends."""

    def __init__(self) -> None:
        self.holds: list[float | None] = []
        self._rendered: list[Callable[[], None]] = []
        self._ends: list[asyncio.Event] = []

    async def run(
        self, _job: ClaimedJob, on_rendered: Callable[[], None], hold_seconds: float | None
    ) -> None:
        self.holds.append(hold_seconds)
        self._rendered.append(on_rendered)
        self._ends.append(asyncio.Event())
        await self._ends[-1].wait()

    async def finish(self, *, rendered: bool = True) -> None:
        """The oldest job ends."""
        on_rendered, end = self._rendered.pop(0), self._ends.pop(0)
        if rendered:
            on_rendered()
        end.set()
        await asyncio.sleep(0)
        await asyncio.sleep(0)


@pytest.fixture
def renders() -> Renders:
    return Renders()


@pytest.fixture
def worker(
    settings: Settings, redis: ArqRedis, leases: Leases, renders: Any, monkeypatch: pytest.MonkeyPatch
) -> ReportWorker:
    monkeypatch.setattr(report_worker, "BRIEF_SECONDS", 60.0)
    two = settings.model_copy(update={"worker_concurrency": 2})
    return ReportWorker(two, redis, redis, leases, renders, Outage(get_logger("test")))


async def poll(worker: ReportWorker) -> None:
    await worker._poll_iteration()
    await asyncio.sleep(0)


async def test_jobs_are_claimed_ahead_after_brief_renders_only(
    worker: ReportWorker, renders: Renders, commands: QueueCommands
) -> None:
    for _ in range(8):
        await commands.submit(spec())
    await poll(worker)
    assert renders.holds == [None, None]
    await renders.finish()
    await poll(worker)
    assert renders.holds[2:] == [None, HOLD_SECONDS, HOLD_SECONDS]
    await renders.finish(rendered=False)  # handed back, or failed
    await poll(worker)
    assert len(renders.holds) == 5
    await worker.close()


async def test_a_long_render_ends_claiming_ahead(
    worker: ReportWorker, renders: Renders, commands: QueueCommands, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(report_worker, "BRIEF_SECONDS", 0.0)
    for _ in range(8):
        await commands.submit(spec())
    await poll(worker)
    await renders.finish()
    await poll(worker)
    assert renders.holds == [None] * 3
    await worker.close()


async def test_rendered_jobs_that_wait_for_the_disk_hold_back_further_claims_in_the_end(
    worker: ReportWorker, renders: Renders, commands: QueueCommands
) -> None:
    for _ in range(20):
        await commands.submit(spec())
    for _ in range(20):
        await poll(worker)
        while renders._rendered:
            renders._rendered.pop(0)()
    assert 8 <= len(renders.holds) <= 12
    await worker.close()


async def test_a_job_that_waits_for_a_child_in_vain_goes_back_and_costs_no_attempt(
    settings: Settings, leases: Leases, commands: QueueCommands, reads: QueueReads
) -> None:
    children = ChildPool(settings.model_copy(update={"worker_concurrency": 1}))
    storage = LocalStorage(settings.storage_path)
    executor = Executor(
        settings, leases, children, storage, Listeners(), DatasetFolder(settings.dataset_path)
    )
    job_id = (await commands.submit(spec())).job_id
    (job,) = (await leases.claim(1)).jobs
    await executor.run(job, lambda: None, hold_seconds=0.01)
    found = await reads.job(job_id)
    assert found is not None
    assert (found.state, found.attempts, found.stalls) == (JobState.WAITING, 0, 0)
    assert executor.running() == []
    with pytest.raises(NoChildFree):
        async with children.child(hold_seconds=0.01):
            pass
    await children.close()
