"""While renders are brief a worker claims ahead of time, so that its children need not wait for Redis."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator, Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
from arq.connections import ArqRedis

from shared.job import JobState
from shared.logs import get_logger
from shared.outage import Outage
from shared.queue import keys
from shared.queue.commands import QueueCommands
from shared.queue.leases import Claim, ClaimedJob, Leases
from shared.queue.maintenance import Maintenance
from shared.queue.reads import QueueReads
from shared.settings import Settings
from shared.storage import DatasetFolder, LocalStorage
from tests.factories import JobFactory, spec
from tests.integration.worker.lending import turn_of
from tests.integration.worker.test_children import order
from worker import report_worker
from worker.children.pool import ChildPool, NoChildFree
from worker.executor import Executor
from worker.listeners import Listeners
from worker.report_worker import HOLD_SECONDS, STORING_PER_SLOT, ReportWorker, ahead_per_slot


class Renders:
    """In the place of an executor: the test says when a job is rendered, and how it ends."""

    def __init__(self) -> None:
        self.holds: list[float | None] = []
        self._rendered: list[Callable[[float], None]] = []
        self._ends: list[asyncio.Event] = []

    async def run(
        self, _job: ClaimedJob, on_rendered: Callable[[float], None], hold_seconds: float | None
    ) -> None:
        self.holds.append(hold_seconds)
        self._rendered.append(on_rendered)
        self._ends.append(asyncio.Event())
        await self._ends[-1].wait()

    async def finish(self, *, rendered: bool = True, took: float = 0.001) -> None:
        """The oldest job ends, after a render of so many seconds."""
        on_rendered, end = self._rendered.pop(0), self._ends.pop(0)
        if rendered:
            on_rendered(took)
        end.set()
        await asyncio.sleep(0)
        await asyncio.sleep(0)


@pytest.fixture
def renders() -> Renders:
    return Renders()


@pytest.fixture
def worker(settings: Settings, redis: ArqRedis, leases: Leases, renders: Any) -> ReportWorker:
    two = settings.model_copy(update={"worker_concurrency": 2})
    return ReportWorker(two, redis, redis, leases, renders, Outage(get_logger("test")))


async def poll(worker: ReportWorker) -> None:
    await worker._poll_iteration()
    await asyncio.sleep(0)


@pytest.mark.parametrize(
    ("pace", "ahead"),
    [(0.0, 24), (0.002, 24), (0.005, 10), (0.01, 5), (0.02, 2), (0.05, 1), (0.051, 0), (math.inf, 0)],
)
def test_no_more_than_a_moments_work_is_claimed_ahead(pace: float, ahead: int) -> None:
    assert ahead_per_slot(pace) == ahead


async def test_jobs_are_claimed_ahead_after_brief_renders_only(
    worker: ReportWorker, renders: Renders, commands: QueueCommands
) -> None:
    for _ in range(20):
        await commands.submit(spec())
    await poll(worker)
    assert renders.holds == [None, None]
    await renders.finish(took=0.02)
    await poll(worker)
    assert renders.holds[2:] == [None, *[HOLD_SECONDS] * 4]
    await renders.finish(rendered=False)  # handed back, or failed
    await poll(worker)
    assert len(renders.holds) == 7
    await worker.close()


async def test_a_claim_says_how_many_of_its_jobs_begin_at_once(
    worker: ReportWorker, renders: Renders, commands: QueueCommands, redis: ArqRedis
) -> None:
    ids = [(await commands.submit(spec())).job_id for _ in range(20)]
    await poll(worker)
    await renders.finish(took=0.02)
    await poll(worker)
    for _ in range(3):  # so many that there is room to claim ahead, and no free slot
        await renders.finish(took=0.02)
    await poll(worker)
    records = [await redis.hmget(keys.job(job_id), "ahead", "fence") for job_id in ids[:10]]
    assert [ahead for ahead, _ in records[:3]] == [b"", b"", b""]
    assert all(ahead == fence for ahead, fence in records[3:])
    await worker.close()


async def test_a_claim_that_is_left_with_redis_says_so_too(
    worker: ReportWorker, commands: QueueCommands, leases: Leases, monkeypatch: pytest.MonkeyPatch
) -> None:
    left: list[tuple[int, ...]] = []

    async def claim_when_woken(_run: object, *numbers: int) -> Claim:
        left.append(numbers)
        return Claim((), None)

    monkeypatch.setattr(leases, "claim_when_woken", claim_when_woken)
    await worker._wait_for_work()
    await commands.submit(spec())
    await poll(worker)
    worker._idle_seconds = report_worker.IDLE_SECONDS
    await worker._wait_for_work()
    assert left == [(2, 1, 2), (1, 1, 1)]
    await worker.close()


@pytest.fixture
async def full(
    worker: ReportWorker, renders: Renders, leases: Leases, redis: ArqRedis, jobs: JobFactory
) -> AsyncIterator[ReportWorker]:
    """A worker with room to claim ahead and no free slot, which met a job that lost its worker."""
    await jobs.waiting()
    (lost,) = (await Leases(redis, "lost", 10_000, 2).claim(1, None, 0)).jobs
    await jobs.expire_lease(lost.id)
    for _ in range(3):
        await jobs.waiting(priority=0)
    await poll(worker)
    await renders.finish(took=0.001)
    await poll(worker)
    await Maintenance(redis, "s1", 2, 1.0).sweep()
    await poll(worker)
    assert len(renders.holds) == 3
    yield worker
    await worker.close()


async def test_a_job_that_lost_its_worker_is_claimed_when_a_slot_is_free(
    full: ReportWorker, renders: Renders, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(report_worker, "SLOT_SECONDS", 3600.0)
    waiting = asyncio.create_task(full._wait_for_work())
    await asyncio.sleep(0)
    assert not waiting.done()
    await renders.finish()
    await waiting
    await poll(full)
    assert renders.holds[3:] == [None]


async def test_a_worker_that_waits_for_a_slot_looks_again_and_takes_no_token(
    full: ReportWorker, redis: ArqRedis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(report_worker, "SLOT_SECONDS", 0.01)
    tokens = await redis.llen(keys.WAKE)
    assert tokens > 0
    await full._wait_for_work()
    assert await redis.llen(keys.WAKE) == tokens


async def asks(redis: ArqRedis) -> int:
    """How many clients wait for a wake token."""
    return sum(client["cmd"] == "blpop" for client in await redis.client_list())


async def until_it_asks(worker: ReportWorker, redis: ArqRedis) -> None:
    """The worker's wait ends, and its pop of a token goes on."""
    await worker._wakeups.wait(0.01)
    while not await asks(redis):
        await asyncio.sleep(0.005)


async def until_a_token_is_back(redis: ArqRedis) -> None:
    async with asyncio.timeout(5):
        while not await redis.llen(keys.WAKE):
            await asyncio.sleep(0.005)


@pytest.mark.parametrize("when", ["kept before it waits", "while it waits"])
async def test_a_worker_that_waits_for_a_slot_gives_tokens_back(
    full: ReportWorker, redis: ArqRedis, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    monkeypatch.setattr(report_worker, "SLOT_SECONDS", 3600.0)
    await redis.delete(keys.WAKE)
    full._needs_slot = when == "while it waits"
    await until_it_asks(full, redis)
    await redis.rpush(keys.WAKE, "1")
    while full._wakeups.is_asking:
        await asyncio.sleep(0.005)
    full._needs_slot = True
    waiting = asyncio.create_task(full._wait_for_work())
    await until_a_token_is_back(redis)
    assert not waiting.done()
    waiting.cancel()


async def test_a_worker_that_shuts_down_gives_a_token_back(worker: ReportWorker, redis: ArqRedis) -> None:
    await until_it_asks(worker, redis)
    await redis.rpush(keys.WAKE, "1")
    while worker._wakeups.is_asking:
        await asyncio.sleep(0.005)
    worker.allow_pick_jobs = False
    waiting = asyncio.create_task(worker._wait_for_work())
    await until_a_token_is_back(redis)
    waiting.cancel()
    await worker.close()


async def test_one_claim_fills_up_what_was_claimed_ahead(
    worker: ReportWorker, renders: Renders, commands: QueueCommands
) -> None:
    for _ in range(20):
        await commands.submit(spec())
    await poll(worker)
    await renders.finish(took=0.02)
    await poll(worker)
    held = [len(renders.holds)]
    for _ in range(3):
        await renders.finish(took=0.02)
        await poll(worker)
        held.append(len(renders.holds))
    assert held == [7, 7, 7, 10]
    await worker.close()


async def test_a_long_render_ends_claiming_ahead(
    worker: ReportWorker, renders: Renders, commands: QueueCommands
) -> None:
    for _ in range(8):
        await commands.submit(spec())
    await poll(worker)
    await renders.finish(took=1.0)
    await poll(worker)
    assert renders.holds == [None] * 3
    await worker.close()


async def test_what_redis_gives_for_a_claim_that_it_read_late_is_handed_back_too(
    worker: ReportWorker,
    leases: Leases,
    commands: QueueCommands,
    reads: QueueReads,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The claim came over another connection than the word that whatever it brought is nobody's."""
    await commands.submit(spec())
    disown, late = leases.disown, [leases.claim(1)]

    async def overtaking(known: Iterable[tuple[str, int]]) -> list[str]:
        handed_back = await disown(known)
        if late:
            assert len((await late.pop()).jobs) == 1
        return handed_back

    monkeypatch.setattr(leases, "disown", overtaking)
    worker._unanswered = True
    await worker.close()
    assert (await reads.counts())[JobState.WAITING] == 1


async def test_rendered_jobs_that_wait_for_the_disk_hold_back_further_claims_in_the_end(
    worker: ReportWorker, renders: Renders, commands: QueueCommands
) -> None:
    most = STORING_PER_SLOT * 2
    for _ in range(2 * most):
        await commands.submit(spec())
    for _ in range(2 * most):
        await poll(worker)
        while renders._rendered:
            renders._rendered.pop(0)(0.02)
    assert most <= len(renders.holds) < most + 6
    await worker.close()


async def test_a_job_that_waits_for_a_child_in_vain_goes_back_and_costs_no_attempt(
    settings: Settings, leases: Leases, commands: QueueCommands, reads: QueueReads, tmp_path: Path
) -> None:
    children = ChildPool(settings.model_copy(update={"worker_concurrency": 1}))
    storage = LocalStorage(settings.storage_path)
    executor = Executor(
        settings, leases, children, storage, Listeners(), DatasetFolder(settings.dataset_path)
    )
    job_id = (await commands.submit(spec())).job_id
    (job,) = (await leases.claim(1)).jobs
    await executor.run(job, lambda took: None, hold_seconds=0.01)
    found = await reads.job(job_id)
    assert found is not None
    assert (found.state, found.attempts, found.stalls) == (JobState.WAITING, 0, 0)
    assert executor.running() == []
    with pytest.raises(NoChildFree):
        async with turn_of(children, order(tmp_path / "a.pdf"), hold_seconds=0.01):
            pass
    await children.close()
