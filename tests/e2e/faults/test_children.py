"""Render children that crash, hang, eat memory or talk nonsense: their worker and the other jobs go on."""

from __future__ import annotations

import asyncio
import json

import pytest

from shared.settings import CHECKOUT
from tests.e2e.faults.desk import Desk, eventually
from tests.e2e.faults.faults import FAULTS
from tests.e2e.faults.scene import Scene
from tests.e2e.stack import is_alive

pytestmark = pytest.mark.asyncio(loop_scope="package")


@pytest.mark.parametrize(
    ("misbehave", "error", "reason", "attempts"),
    [
        ("segfault", "RenderChildDied", "SIGSEGV", 2),
        ("garbage", "RenderChildDied", "nonsense", 2),
        ("loop", "RenderTimeout", "longer than 1 s", 2),
        ("stuck", "RenderTimeout", "longer than 1 s", 2),
        ("memory", "RenderOutOfMemory", "512 MB", 1),
        ("bad", "ValueError", "can't be rendered", 1),
    ],
)
async def test_a_job_that_hurts_its_child_fails_with_the_reason(
    scene: Scene, desk: Desk, misbehave: str, error: str, reason: str, attempts: int
) -> None:
    pids = [worker.pid for worker in scene.cluster.workers]
    job_id = await desk.submit(misbehave, timeoutSeconds=1 if error == "RenderTimeout" else 60, maxAttempts=2)
    healthy = [await desk.submit() for _ in range(4)]
    document = await desk.ended(job_id, "failed")
    assert document["error"]["type"] == error
    assert reason in document["failedReason"]
    assert str(CHECKOUT) not in document["failedReason"]
    assert "\n" not in document["failedReason"]
    assert document["attempts"] == attempts
    for other in healthy:
        await desk.completed(other)
    assert [worker.pid for worker in scene.cluster.workers] == pids


async def test_where_a_child_crashed_is_told_beside_the_reason(scene: Scene, desk: Desk) -> None:
    document = await desk.ended(await desk.submit("segfault", maxAttempts=1), "failed")
    assert document["failedReason"] == (
        "the render child was killed by signal 11 (SIGSEGV): native code used memory that it does not have"
    )
    assert "string_at" in document["error"]["detail"]

    def logged() -> list[str]:
        logs = "".join(scene.cluster.log(worker.name) for worker in scene.cluster.workers)
        return [text for text in logs.splitlines() if document["id"] in text and "job failed" in text]

    await eventually(logged, "the worker has logged the failure")
    (line,) = logged()
    assert "string_at" in json.loads(line)["detail"]


async def test_a_flood_of_output_harms_nobody(scene: Scene, desk: Desk) -> None:
    document = await desk.completed(await desk.submit("flood"))
    assert document["attempts"] == 1


async def test_a_crash_that_does_not_come_again_costs_one_attempt(scene: Scene, desk: Desk) -> None:
    document = await desk.completed(await desk.submit("flaky"))
    assert document["attempts"] == 2


async def test_a_cancelled_jobs_child_is_gone_even_when_it_is_stuck(scene: Scene, desk: Desk) -> None:
    job_id, claim = await desk.running("stuck")
    worker = next(w for w in scene.cluster.workers if f"-{w.pid}-" in claim.worker_id)
    before = set(scene.cluster.children_of(worker))
    answer = await desk.http.post(f"{scene.cluster.dashboard_url}/api/jobs/{job_id}/cancel")
    assert answer.is_success, answer.text
    await scene.recorder.wait_for("stopped", job_id)
    assert any(not is_alive(pid) for pid in before)
    assert (await desk.ended(job_id, "cancelled"))["result"] is None


async def test_a_stuck_child_does_not_outlive_its_killed_worker(scene: Scene, desk: Desk) -> None:
    job_id, claim = await desk.running("stuck", maxAttempts=1)
    worker = next(w for w in scene.cluster.workers if f"-{w.pid}-" in claim.worker_id)
    children = scene.cluster.children_of(worker)
    assert children
    scene.cluster.kill(worker)
    await eventually(lambda: not any(map(is_alive, children)), "the children are gone")
    document = await desk.ended(job_id, "failed")
    assert document["error"]["type"] == "WorkerLost"


async def test_clocks_that_are_wrong_by_minutes_change_no_time_of_a_job(scene: Scene, desk: Desk) -> None:
    """The second worker, the second scheduler and the producer are minutes off; see the stack's fixture."""
    jobs = [await desk.submit(delayMs=1500) for _ in range(6)]
    seconds, _ = await scene.admin.time()
    for job_id in jobs:
        document = await desk.completed(job_id)
        events = {event.event: event for event in scene.recorder.of(job_id)}
        assert events["claimed"].at_ms - events["submitted"].at_ms >= 1500
        assert abs(events["submitted"].at_ms / 1000 - seconds) < 60
        assert document["attempts"] == 1


async def test_a_paused_queue_gives_nothing_out(scene: Scene, desk: Desk) -> None:
    seen = len(scene.recorder.events)
    async with FAULTS["queue-paused"].inflict(scene):
        job_id = await desk.submit()
        async with FAULTS["worker-killed"].inflict(scene):
            await scene.recorder.wait_for("submitted", job_id)
            await scene.cluster.ready()
            await asyncio.sleep(0.5)  # time enough to claim it
    await desk.completed(job_id)
    order = [event.event for event in scene.recorder.events[seen:] if event.job_id in ("", job_id)]
    assert order.index("resumed") < order.index("claimed")
