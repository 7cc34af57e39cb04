"""Killed and frozen workers, render children, schedulers and producers."""

from __future__ import annotations

import asyncio
import json
import os
import signal

import httpx
import pytest

from shared.queue import keys
from tests.e2e.faults.cluster import Process
from tests.e2e.faults.desk import Desk, eventually
from tests.e2e.faults.faults import FAULTS
from tests.e2e.faults.history import Event
from tests.e2e.faults.scene import Scene
from tests.e2e.stack import is_alive

pytestmark = pytest.mark.asyncio(loop_scope="package")


def owner(scene: Scene, claim: Event) -> Process:
    """The worker process that made a claim; its id holds its pid."""
    return next(worker for worker in scene.cluster.workers if f"-{worker.pid}-" in claim.worker_id)


def _learned(scene: Scene, worker: Process, job_id: str) -> bool:
    """Whether a worker has said that it lost a job."""
    lines = scene.cluster.log(worker.name).splitlines()
    return any("lease is lost" in line and job_id in line for line in lines)


async def test_a_killed_workers_job_is_done_by_another_one(scene: Scene, desk: Desk) -> None:
    job_id, claim = await desk.running("sleep:1")
    scene.cluster.kill(owner(scene, claim))
    document = await desk.completed(job_id)
    assert document["attempts"] == 2
    assert [event.event for event in scene.recorder.of(job_id)] == [
        "submitted",
        "claimed",
        "stalled",
        "claimed",
        "completed",
    ]


async def test_a_worker_that_wakes_up_after_its_lease_changes_nothing(scene: Scene, desk: Desk) -> None:
    job_id, claim = await desk.running("sleep:1")
    zombie = owner(scene, claim)
    async with scene.cluster.frozen(zombie.pid):
        before = await desk.completed(job_id)
    assert before["workerId"] != claim.worker_id
    await eventually(lambda: _learned(scene, zombie, job_id), "the zombie learns that it lost the job")
    assert (await desk.completed(job_id))["result"] == before["result"]
    names = [path.name for path in scene.cluster.volume.folder.glob(f"*{job_id}*")]
    assert names == [before["result"]["fileName"]]


async def test_a_job_that_loses_every_worker_is_poison(scene: Scene, desk: Desk) -> None:
    job_id, seen = await desk.submit("sleep:60", maxAttempts=10), 0
    for _ in range(3):
        # a claim alone is not enough: one whose answer was lost is handed back at no cost
        running = await scene.recorder.wait_for("progress", job_id, after=seen)
        scene.cluster.kill(owner(scene, running))
        stalled = await scene.recorder.wait_for("stalled", job_id, after=seen)
        assert stalled.worker_id == running.worker_id
        seen = scene.recorder.events.index(stalled) + 1
    document = await desk.ended(job_id, "failed")
    assert document["error"]["type"] == "PoisonLimit"
    assert "3 times" in document["failedReason"]


async def test_a_terminated_worker_hands_its_job_over_at_no_cost(scene: Scene, desk: Desk) -> None:
    job_id, claim = await desk.running("sleep:3")
    scene.cluster.terminate(owner(scene, claim))
    document = await desk.completed(job_id)
    assert document["attempts"] == 1
    assert "released" in [event.event for event in scene.recorder.of(job_id)]


async def test_a_killed_render_child_costs_an_attempt_and_no_worker(scene: Scene, desk: Desk) -> None:
    job_id, claim = await desk.running("sleep:1")
    worker = owner(scene, claim)
    pid = worker.pid
    for child in scene.cluster.children_of(worker):
        os.kill(child, signal.SIGKILL)
    document = await desk.completed(job_id)
    assert document["attempts"] == 2
    told = [e.detail for e in scene.recorder.of(job_id) if e.event == "retrying"]
    assert told
    assert "SIGKILL" in told[0]
    assert worker.pid == pid
    assert is_alive(pid)


async def test_a_frozen_render_child_is_killed_when_its_jobs_time_is_over(scene: Scene, desk: Desk) -> None:
    children = [pid for worker in scene.cluster.workers for pid in scene.cluster.children_of(worker)]
    for pid in children:
        os.kill(pid, signal.SIGSTOP)
    try:
        job_id = await desk.submit(timeoutSeconds=1, maxAttempts=20)
        await desk.completed(job_id)
    finally:
        for pid in children:
            if is_alive(pid):
                os.kill(pid, signal.SIGCONT)
    killed = sum(not is_alive(pid) for pid in children)
    told = [e.detail for e in scene.recorder.of(job_id) if e.event == "retrying"]
    assert 0 < killed <= len(told), told
    assert all("took longer than 1 s" in detail for detail in told)


@pytest.mark.parametrize("how", ["killed", "frozen"])
async def test_another_scheduler_takes_over(scene: Scene, desk: Desk, how: str) -> None:
    async def leader() -> str:
        raw = await scene.admin.get(keys.SCHEDULER)
        return str(json.loads(raw)["id"]) if raw else ""

    async def led_by_another_than(former: str) -> None:
        while await leader() in (former, ""):
            await asyncio.sleep(0.05)

    while not (first := await leader()):
        await asyncio.sleep(0.05)
    process = next(p for p in scene.cluster.schedulers if first.endswith(f"-{p.pid}"))
    async with asyncio.timeout(30):
        if how == "killed":
            scene.cluster.kill(process)
            await led_by_another_than(first)
        else:
            async with scene.cluster.frozen(process.pid):
                await led_by_another_than(first)
            second = await leader()
            await desk.completed(await desk.submit(delayMs=1000))
            assert await leader() == second, "it came back and did not take over again"


async def test_a_request_whose_producer_died_makes_one_job_when_repeated(scene: Scene, desk: Desk) -> None:
    async with FAULTS["redis-frozen"].inflict(scene):
        lost = asyncio.create_task(desk.post(key="died-under-it"))
        await asyncio.sleep(0.5)  # for the request to reach the producer; sooner is harmless
        assert not lost.done()
        async with FAULTS["producer-killed"].inflict(scene):
            with pytest.raises(httpx.TransportError):
                await lost
    await scene.cluster.ready([scene.cluster.producer])
    answers = [await desk.post(key="died-under-it") for _ in range(2)]
    ids = {answer.json()["data"]["jobId"] for answer in answers}
    assert len(ids) == 1
    assert answers[1].status_code == httpx.codes.OK
    await desk.completed(ids.pop())


async def test_a_killed_dashboard_takes_nothing_with_it(scene: Scene, desk: Desk) -> None:
    job_id, _ = await desk.running("sleep:0.5")
    async with FAULTS["dashboard-killed"].inflict(scene):
        await scene.recorder.wait_for("completed", job_id)
    await scene.cluster.ready()
    await desk.completed(job_id)


async def test_what_a_cut_off_worker_sent_arrives_too_late_and_changes_nothing(
    scene: Scene, desk: Desk
) -> None:
    job_id, claim = await desk.running("sleep:1")
    cut_off = owner(scene, claim)
    assert cut_off.link is not None
    async with cut_off.link.dark():
        before = await desk.completed(job_id)
    assert before["workerId"] != claim.worker_id
    await eventually(lambda: _learned(scene, cut_off, job_id), "it learns that it lost the job")
    assert (await desk.completed(job_id))["result"] == before["result"]
    names = [path.name for path in scene.cluster.volume.folder.glob(f"*{job_id}*")]
    assert names == [before["result"]["fileName"]]


async def test_a_result_whose_acknowledgement_was_lost_is_published_once(scene: Scene, desk: Desk) -> None:
    job_id, claim = await desk.running("sleep:1")
    await scene.recorder.wait_for("progress", job_id)  # the claim's own answer has arrived
    worker = owner(scene, claim)
    assert worker.link is not None
    async with worker.link.without_replies():
        first = await desk.completed(job_id)
    for _ in range(4):
        await desk.completed(await desk.submit())
    assert (await desk.completed(job_id))["result"] == first["result"]


async def test_a_request_whose_acknowledgement_was_lost_makes_one_job(scene: Scene, desk: Desk) -> None:
    link = scene.cluster.producer.link
    assert link is not None
    await desk.submit()  # a connection to Redis is there
    seen = len(scene.recorder.events)
    async with link.without_replies():
        asking = asyncio.create_task(desk.post(key="never-acknowledged"))
        taken_in = await scene.recorder.wait_for("submitted", after=seen)
    assert (await asking).status_code == httpx.codes.SERVICE_UNAVAILABLE
    again = await desk.post(key="never-acknowledged")
    assert again.status_code == httpx.codes.OK
    assert again.json()["data"]["jobId"] == taken_in.job_id
    await desk.completed(taken_in.job_id)
