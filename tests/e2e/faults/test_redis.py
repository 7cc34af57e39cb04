"""Redis that is killed, frozen, refuses to write, forgets its scripts or wants another password."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from tests.e2e.faults.desk import Desk
from tests.e2e.faults.faults import FAULTS
from tests.e2e.faults.scene import Scene

pytestmark = pytest.mark.asyncio(loop_scope="package")

#: faults in which Redis answers, but takes nothing
REFUSALS = ["redis-out-of-memory", "redis-read-only", "redis-without-replicas", "password-changed"]


async def _rendered_meanwhile(desk: Desk, worker_name: str, lines_before: int) -> None:
    """Waits until a worker says that it waits for Redis: the render is done and its result is kept."""
    while not any(
        "waiting for redis" in line for line in desk.cluster.log(worker_name).splitlines()[lines_before:]
    ):
        await asyncio.sleep(0.05)


async def _taken_in_again(desk: Desk) -> str:
    """Sends a report until it is taken in; the job's id."""
    while (answer := await desk.post(key="once-it-works")).status_code == httpx.codes.SERVICE_UNAVAILABLE:
        await asyncio.sleep(0.05)
    assert answer.is_success, answer.text
    job_id: str = answer.json()["data"]["jobId"]
    return job_id


@pytest.mark.parametrize("kind", ["redis-killed", *REFUSALS])
async def test_while_redis_takes_nothing_a_result_is_kept_and_new_work_is_refused(
    scene: Scene, desk: Desk, kind: str
) -> None:
    job_id, claim = await desk.running("sleep:1")
    worker = next(w for w in scene.cluster.workers if f"-{w.pid}-" in claim.worker_id)
    lines = len(scene.cluster.log(worker.name).splitlines())
    async with asyncio.timeout(60):
        async with FAULTS[kind].inflict(scene):
            refused = await desk.post()
            assert refused.status_code == httpx.codes.SERVICE_UNAVAILABLE
            assert int(refused.headers["Retry-After"]) > 0
            assert refused.headers["Content-Type"] == "application/problem+json"
            if kind == "redis-killed":
                # its lease goes on by Redis's clock, which is not there; the others are shorter than a lease
                await _rendered_meanwhile(desk, worker.name, lines)
        await desk.completed(await _taken_in_again(desk))
    document = await desk.completed(job_id)
    assert document["attempts"] == 1


async def test_a_freeze_longer_than_the_lease_costs_no_attempt(scene: Scene, desk: Desk) -> None:
    job_id, _ = await desk.running("sleep:2")
    async with FAULTS["redis-frozen"].inflict(scene):
        await asyncio.sleep(4)  # the lease is 3 s
    document = await desk.completed(job_id)
    assert document["attempts"] == 1


async def test_cut_connections_are_made_anew(scene: Scene, desk: Desk) -> None:
    job_id, _ = await desk.running("sleep:1")
    for _ in range(3):
        async with FAULTS["connections-cut"].inflict(scene):
            await desk.completed(await _taken_in_again(desk))
    document = await desk.completed(job_id)
    assert document["attempts"] == 1


async def test_forgotten_scripts_are_sent_again(scene: Scene, desk: Desk) -> None:
    job_id, _ = await desk.running("sleep:0.5")
    async with FAULTS["scripts-flushed"].inflict(scene):
        await desk.completed(await desk.submit())
    await desk.completed(job_id)


async def test_a_delayed_job_survives_a_killed_redis(scene: Scene, desk: Desk) -> None:
    job_id = await desk.submit(delayMs=1000)
    async with FAULTS["redis-killed"].inflict(scene):
        pass
    await desk.completed(job_id)
