"""A job that is no longer its worker's leaves the line at once, and disturbs nobody who is there, too."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from shared.errors import QueueUnavailable
from shared.metrics import RENDER_CHILDREN_KILLED
from shared.queue.leases import ClaimedJob, Leases
from shared.queue.reads import QueueReads
from shared.settings import Settings
from shared.storage import LocalStorage
from tests.factories import JobFactory
from tests.integration.worker.test_children import LARGE, order
from tests.integration.worker.test_turns import run, until
from worker.children.pool import ChildPool
from worker.children.turns import Turn
from worker.executor import LINE_LEFT, Executor
from worker.listeners import Event, Listeners, Stalled
from worker.running import CANCELLED, LEASE_LOST


@pytest.fixture
def told(listeners: Listeners) -> list[Event]:
    """What happened, as listeners hear it."""
    events: list[Event] = []
    listeners.add(events.append)
    return events


async def details(reads: QueueReads, job: ClaimedJob) -> list[str]:
    """What the timeline says about the end of a stopped job."""
    document = await reads.document(job.id)
    assert document is not None
    return [entry["detail"] for entry in document["timeline"] if entry["event"] == "stopped"]


async def ahead(lone: ChildPool, folder: Path, *, is_large: bool = False) -> asyncio.Task[Turn]:
    """A job that has begun and takes a while."""
    task = asyncio.create_task(run(lone, order(folder / "ahead.pdf", LARGE, is_large=is_large)))
    await until(lambda: lone._children and lone._children[0].current is not None)
    return task


@pytest.mark.parametrize("is_large", [False, True], ids=["in the child's line", "before any child"])
@pytest.mark.parametrize("reason", [CANCELLED, LEASE_LOST])
async def test_a_job_that_waits_leaves_the_line_and_the_child_goes_on(
    executor: Executor,
    lone: ChildPool,
    jobs: JobFactory,
    reads: QueueReads,
    told: list[Event],
    tmp_path: Path,
    settings: Settings,
    *,
    is_large: bool,
    reason: str,
) -> None:
    job = await jobs.claimed()
    first = await ahead(lone, tmp_path, is_large=is_large)
    (child,) = lone._children
    running = asyncio.create_task(executor.run(job, lambda _: None))
    await until(lambda: child.in_line == 2 or lone._waiting)
    killed = RENDER_CHILDREN_KILLED.labels(reason)._value.get()
    executor.stop(job.id, reason, job.fence)
    await running
    assert executor.running() == []
    assert not first.done(), "it ended before the job left the line"
    if reason == CANCELLED:
        assert await details(reads, job) == [LINE_LEFT]
        assert told == []
    else:
        assert await details(reads, job) == []
        assert told == [Stalled(job)]
    assert (await first).child is child
    assert (await run(lone, order(tmp_path / "next.pdf"))).child is child
    assert RENDER_CHILDREN_KILLED.labels(reason)._value.get() == killed
    assert list(LocalStorage(settings.storage_path).scratch.iterdir()) == []


async def test_the_proof_of_a_stop_is_written_though_redis_was_away_just_then(
    executor: Executor,
    jobs: JobFactory,
    leases: Leases,
    reads: QueueReads,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    job = await jobs.claimed()
    note, tries = leases.note, []

    async def note_at_the_third_try(*words: str) -> None:
        tries.append(words)
        if len(tries) < 3:
            raise QueueUnavailable("connection reset")
        await note(*words)

    monkeypatch.setattr(leases, "note", note_at_the_third_try)
    running = asyncio.create_task(executor.run(job, lambda _: None))
    await asyncio.sleep(0)
    executor.stop(job.id, CANCELLED, job.fence)
    await running
    assert len(tries) == 3
    assert await details(reads, job) == [LINE_LEFT]


async def test_a_job_that_is_stopped_before_it_gets_into_the_line_is_given_to_no_child(
    executor: Executor, lone: ChildPool, jobs: JobFactory, reads: QueueReads
) -> None:
    job = await jobs.claimed()
    running = asyncio.create_task(executor.run(job, lambda _: None))
    await asyncio.sleep(0)
    executor.stop(job.id, CANCELLED, job.fence)
    await running
    assert [child.jobs for child in lone._children] in ([], [0])
    assert await details(reads, job) == [LINE_LEFT]


async def test_a_job_whose_child_is_lent_as_it_is_stopped_leaves_no_render_behind(
    executor: Executor,
    lone: ChildPool,
    jobs: JobFactory,
    reads: QueueReads,
    tmp_path: Path,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The word comes when its turn has begun, and before its task has noticed that."""
    job = await jobs.claimed()
    begin = Turn.begin

    def begin_and_stop(turn: Turn) -> None:
        begin(turn)
        if turn.order.task.job_id == job.id:
            executor.stop(job.id, CANCELLED, job.fence)

    monkeypatch.setattr(Turn, "begin", begin_and_stop)
    first = await ahead(lone, tmp_path)
    await asyncio.gather(first, executor.run(job, lambda _: None))
    assert await details(reads, job)
    assert (await run(lone, order(tmp_path / "next.pdf"))).target
    assert list(LocalStorage(settings.storage_path).scratch.iterdir()) == []


async def test_a_job_that_gave_its_place_up_by_itself_may_be_stopped_in_that_moment(
    executor: Executor, lone: ChildPool, jobs: JobFactory, tmp_path: Path
) -> None:
    """Its time in the line is over, and it is on its way back to the queue."""
    job = await jobs.claimed()
    first = await ahead(lone, tmp_path, is_large=True)
    running = asyncio.create_task(executor.run(job, lambda _: None, 0.02))
    await until(lambda: lone._waiting)
    hold = executor._running[job.id, job.fence].hold
    assert hold is not None
    await until(hold.expired)
    executor.stop(job.id, CANCELLED, job.fence)
    await running
    assert executor.running() == []
    assert (await first).target
