"""Workers, schedulers and Redis that are killed, frozen, cut off or told to end in the middle of a job."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import pytest

from shared.job import Job, JobState
from tests.e2e.client import free_ports
from tests.e2e.faults.link import Link
from tests.e2e.fleet import Fleet, is_gone, until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")

#: a render of a second or two
ROWS = 20_000
LONG_ROWS = 100_000
#: so long that no job comes back by the end of its lease within a test
LONG_LEASE = {"PRESSROOM_LEASE_SECONDS": "600"}
SHORT_LEASE = {"PRESSROOM_LEASE_SECONDS": "2", "PRESSROOM_SWEEP_SECONDS": "0.5"}


@pytest.fixture
async def fleet(tmp_path: Path) -> AsyncIterator[Fleet]:
    async with Fleet(tmp_path / "fleet", PRESSROOM_RETRY_BASE_SECONDS="0") as fleet:
        yield fleet


@pytest.fixture
async def link(fleet: Fleet) -> AsyncIterator[Link]:
    """A network between a worker and Redis."""
    link = Link(free_ports(1)[0])
    await link.open(fleet.server.port or 0)
    yield link
    await link.close()


def through(link: Link, fleet: Fleet) -> str:
    return fleet.server.url.replace(f":{fleet.server.port}/", f":{link.port}/")


def pdfs(fleet: Fleet) -> list[str]:
    return sorted(path.name for path in (fleet.folder / "uploads").glob("*.pdf"))


def published(job: Job) -> list[str]:
    return [str((job.result or {})["fileName"])]


async def test_a_killed_workers_job_is_claimed_again_long_before_its_lease_ends(fleet: Fleet) -> None:
    await fleet.start_scheduler(**LONG_LEASE)
    await asyncio.gather(*(fleet.start_worker(**LONG_LEASE) for _ in range(2)))
    job_id = await fleet.submit(ROWS)
    first = await fleet.rendering(job_id)
    fleet.signal(first.worker_id or "", signal.SIGKILL)
    job = await fleet.ended(job_id)
    assert (job.state, job.attempts, job.stalls) == (JobState.COMPLETED, 2, 1)
    assert pdfs(fleet) == published(job)


async def test_a_worker_that_is_killed_at_its_first_claim_was_seen_before(fleet: Fleet) -> None:
    await fleet.start_scheduler(**LONG_LEASE)
    job_id = await fleet.submit(ROWS)
    worker = fleet.start("worker", **LONG_LEASE)
    await fleet.event(job_id, "claimed")
    fleet.signal(worker, signal.SIGKILL)
    await fleet.event(job_id, "stalled")


async def test_cutting_all_connections_of_a_worker_costs_no_attempt(fleet: Fleet) -> None:
    await fleet.start_scheduler(**LONG_LEASE)
    worker = await fleet.start_worker(**LONG_LEASE)
    job_id = await fleet.submit(2 * ROWS)
    await fleet.rendering(job_id)
    assert await fleet.cut(worker) >= 2
    job = await fleet.ended(job_id)
    assert (job.state, job.attempts, job.stalls) == (JobState.COMPLETED, 1, 0)


async def test_a_pause_of_two_seconds_costs_no_attempt(fleet: Fleet) -> None:
    await fleet.start_scheduler()
    worker = await fleet.start_worker()
    job_id = await fleet.submit(ROWS)
    await fleet.rendering(job_id)
    fleet.signal(worker, signal.SIGSTOP)
    await asyncio.sleep(2)
    fleet.signal(worker, signal.SIGCONT)
    job = await fleet.ended(job_id)
    assert (job.state, job.attempts, job.stalls) == (JobState.COMPLETED, 1, 0)


async def test_a_frozen_workers_job_moves_on_and_is_published_once(fleet: Fleet) -> None:
    await fleet.start_scheduler(**SHORT_LEASE)
    await asyncio.gather(*(fleet.start_worker(**SHORT_LEASE) for _ in range(2)))
    job_id = await fleet.submit(ROWS)
    frozen = (await fleet.rendering(job_id)).worker_id or ""
    fleet.signal(frozen, signal.SIGSTOP)
    job = await fleet.ended(job_id)
    fleet.signal(frozen, signal.SIGCONT)
    await until(lambda: fleet.is_idle(frozen), "the zombie takes jobs again")

    async def the_zombies_file_is_gone() -> bool:
        return pdfs(fleet) == published(job)

    await until(the_zombies_file_is_gone, "the zombie's file is gone")
    assert (job.state, job.attempts) == (JobState.COMPLETED, 2)
    assert await fleet.reads.job(job_id) == job


async def test_a_running_job_is_stopped_even_when_its_workers_connections_are_cut(fleet: Fleet) -> None:
    worker = await fleet.start_worker(**LONG_LEASE)
    job_id = await fleet.submit(LONG_ROWS)
    await fleet.rendering(job_id)
    (child,) = fleet.children_of(worker)
    await asyncio.gather(fleet.cut(worker), fleet.commands.cancel(job_id))
    await fleet.event(job_id, "stopped")
    assert is_gone(child)
    assert (await fleet.ended(job_id)).state is JobState.CANCELLED


async def test_another_scheduler_takes_over_from_a_killed_one(fleet: Fleet) -> None:
    first = await fleet.start_scheduler()
    second = fleet.start("scheduler")
    leader = await fleet.reads.scheduler()
    assert leader is not None
    assert leader.id.endswith(f"-{fleet.processes[first].pid}")
    fleet.signal(first, signal.SIGKILL)

    async def led_by_the_second() -> bool:
        leader = await fleet.reads.scheduler()
        return leader is not None and leader.id.endswith(f"-{fleet.processes[second].pid}")

    await until(led_by_the_second, "the second scheduler leads")


async def test_an_outage_of_redis_is_logged_once_by_each_process(fleet: Fleet) -> None:
    names = [await fleet.start_scheduler(), await fleet.start_worker()]
    fleet.server.kill()
    for name in names:
        await until(partial(fleet.says, name, "redis is away"), f"{name} says that Redis is away")
    await asyncio.sleep(4)  # several more tries of each
    fleet.server.start()
    for name in names:
        await until(partial(fleet.says, name, "away_seconds"), f"{name} says that Redis is back")
        lines = (fleet.folder / f"{name}.txt").read_text().splitlines()
        told = [json.loads(line) for line in lines if "redis" in line or "failed" in line]
        assert [line["event"] for line in told] == ["redis is away", "redis is back"]
        assert told[1]["away_seconds"] >= 4


async def test_a_job_that_runs_through_an_outage_of_redis_costs_no_attempt(fleet: Fleet) -> None:
    await fleet.start_scheduler(**SHORT_LEASE)
    await asyncio.gather(*(fleet.start_worker(**SHORT_LEASE) for _ in range(2)))
    job_id = await fleet.submit(ROWS)
    await fleet.rendering(job_id)
    fleet.server.kill()
    await asyncio.sleep(4)  # twice the lease
    fleet.server.start()
    job = await fleet.ended(job_id)
    assert (job.state, job.attempts, job.stalls) == (JobState.COMPLETED, 1, 0)
    assert pdfs(fleet) == published(job)


async def test_a_worker_told_to_end_hands_back_what_it_can_not_finish_in_time(fleet: Fleet) -> None:
    worker = await fleet.start_worker(PRESSROOM_GRACE_SECONDS="1", **LONG_LEASE)
    job_id = await fleet.submit(LONG_ROWS)
    await fleet.rendering(job_id)
    fleet.signal(worker, signal.SIGTERM)
    assert await asyncio.to_thread(fleet.processes[worker].wait, 30) == 0
    job = await fleet.reads.job(job_id)
    assert job is not None
    assert (job.state, job.attempts) == (JobState.WAITING, 0)


async def test_a_claim_whose_answer_was_lost_costs_no_attempt(fleet: Fleet, link: Link) -> None:
    """No scheduler runs and the lease is long: nobody but the worker itself brings the job back."""
    await fleet.start_worker(REDIS_URL=through(link, fleet), **LONG_LEASE)
    async with link.without_replies():
        job_id = await fleet.submit(1)
        await fleet.event(job_id, "claimed")
    job = await fleet.ended(job_id)
    assert (job.state, job.attempts, job.stalls) == (JobState.COMPLETED, 1, 0)


async def test_a_worker_that_ends_in_the_middle_of_a_claim_hands_back_what_it_was_given(
    fleet: Fleet, link: Link
) -> None:
    worker = await fleet.start_worker(REDIS_URL=through(link, fleet), **LONG_LEASE)
    async with link.without_replies():
        job_id = await fleet.submit(1)
        await fleet.event(job_id, "claimed")
        fleet.signal(worker, signal.SIGTERM)
        await until(lambda: fleet.says(worker, "shutting down"), "the signal is noticed")
    assert await asyncio.to_thread(fleet.processes[worker].wait, 30) == 0
    job = await fleet.reads.job(job_id)
    assert job is not None
    assert (job.state, job.attempts) == (JobState.WAITING, 0)


async def test_a_second_signal_does_not_wait_for_the_grace(fleet: Fleet) -> None:
    worker = await fleet.start_worker(PRESSROOM_GRACE_SECONDS="3600", **LONG_LEASE)
    job_id = await fleet.submit(LONG_ROWS)
    await fleet.rendering(job_id)
    fleet.signal(worker, signal.SIGTERM)
    await until(lambda: fleet.says(worker, "shutting down"), "the first signal is noticed")
    fleet.signal(worker, signal.SIGTERM)
    assert await asyncio.to_thread(fleet.processes[worker].wait, 30) == 0
    job = await fleet.reads.job(job_id)
    assert job is not None
    assert (job.state, job.attempts) == (JobState.WAITING, 0)
