"""One storm: load, faults, calm, and the evidence."""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.e2e.faults.clients import Clients
from tests.e2e.faults.cluster import Cluster
from tests.e2e.faults.evidence import an_hour_later, collect
from tests.e2e.faults.faults import FAULTS
from tests.e2e.faults.history import History, Limits
from tests.e2e.faults.jobs import Request, requests
from tests.e2e.faults.recorder import Recorder
from tests.e2e.faults.scene import LANES, FaultKind, NotNow, Scene
from tests.e2e.faults.schedule import Planned, length_seconds, plan

#: files that no record names may be this old
ORPHAN_SECONDS = 60
#: The settings of the stack under test; every other one is at its default. A short lease and short waits
#: bring more faults into a minute; what is promised does not depend on their length.
SETTINGS = {
    "PRESSROOM_LEASE_SECONDS": "3",
    "PRESSROOM_SWEEP_SECONDS": "0.5",
    "PRESSROOM_MEND_SECONDS": "2",
    "PRESSROOM_GRACE_SECONDS": "2",
    "PRESSROOM_RETRY_BASE_SECONDS": "0.3",
    "PRESSROOM_RETRY_MAX_SECONDS": "2",
    "PRESSROOM_RENDER_MEMORY_MB": "512",
    "PRESSROOM_ORPHAN_SECONDS": str(ORPHAN_SECONDS),
    "PRESSROOM_CLEANUP_SECONDS": "1",
}
#: how wrong the clocks are: two workers, the second one's scheduler, the producer; in seconds
SKEWS = (0.0, 240.0, -420.0, 0.0, 600.0, -180.0)
WORKERS = 3
#: after the last fault something must happen within this time, until everything has ended
CALM_SECONDS = 60.0
POLL_SECONDS = 0.25
#: how often a fault that finds nothing to hurt is tried, and the wait in between, in seconds
TRIES = 6
TRY_AGAIN_SECONDS = 2.0
#: load before and after an outage
OUTAGE_AT_SECONDS = 5.0

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Size:
    """How much of it."""

    #: requests that clients send
    jobs: int
    faults: int
    #: in the place of the other faults: Redis is killed under load and away for this long; 0: no
    outage_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Plan:
    """What a seed makes of the wanted size."""

    seed: int
    faults: list[Planned]
    requests: list[Request]


def make_plan(seed: int, size: Size, *, can_mount: bool) -> Plan:
    """The same for the same arguments, on any machine."""
    kinds: list[FaultKind] = [kind for kind in FAULTS.values() if can_mount or not kind.needs_mount]
    planned = plan(seed, size.faults, kinds)
    if size.outage_seconds:
        planned = [Planned(FAULTS["redis-killed"], OUTAGE_AT_SECONDS, size.outage_seconds)]
    return Plan(seed, planned, requests(seed, size.jobs, length_seconds(planned) + OUTAGE_AT_SECONDS))


async def run_storm(folder: Path, seed: int, size: Size, say: Say) -> History:
    """Runs one storm in `folder` and returns its history."""
    cluster = Cluster(folder, workers=WORKERS, skews=SKEWS, **SETTINGS)
    storm = make_plan(seed, size, can_mount=cluster.volume.is_mounted)
    _announce(storm, cluster, say)
    history = History(seed=seed, limits=Limits(orphan_seconds=ORPHAN_SECONDS))
    history.requests = {request.ref: request.facts for request in storm.requests}
    async with cluster, Clients(cluster, seed) as clients, contextlib.AsyncExitStack() as stack:
        admin = await stack.enter_async_context(cluster.client("storm:admin"))
        recorder = Recorder(await stack.enter_async_context(cluster.client("storm:recorder")))
        scene = Scene(cluster, recorder, admin, random.Random(f"scene {seed}"))
        recording = asyncio.create_task(recorder.run())
        try:
            await asyncio.gather(clients.run(storm.requests), _inflict_all(scene, storm.faults, history))
            await calm(cluster, recorder)
            await an_hour_later(cluster, {r["fileName"] for r in recorder.published.values()})
        finally:
            recorder.stop()
            await recording
        await recorder.finish()
        history.calls, history.events, history.published = clients.calls, recorder.events, recorder.published
        history.destroyed = scene.destroyed
        await collect(history, cluster, admin)
    history.deaths = cluster.deaths
    return history


async def _inflict_all(scene: Scene, planned: list[Planned], history: History) -> None:
    began = time.monotonic()
    lanes = [[fault for fault in planned if fault.kind.lane == lane] for lane in LANES]
    await asyncio.gather(*(_inflict_lane(scene, lane, began, history) for lane in lanes))
    history.faults.sort(key=lambda fault: fault["at"])


async def _inflict_lane(scene: Scene, lane: list[Planned], began: float, history: History) -> None:
    for fault in lane:
        await asyncio.sleep(max(0.0, began + fault.at - time.monotonic()))
        facts: dict[str, Any] = {"kind": "none", "seconds": 0.0, "note": ""}
        for _ in range(TRIES):
            at = round(time.monotonic() - began, 2)
            try:
                async with fault.kind.inflict(scene) as note:
                    await asyncio.sleep(fault.seconds)
            except NotNow as reason:
                facts["note"] = f"{fault.kind.name}: {reason}"
                await asyncio.sleep(TRY_AGAIN_SECONDS)
            else:
                facts = {"kind": fault.kind.name, "seconds": fault.seconds, "note": note}
                break
        history.faults.append({"at": at, **facts})


async def calm(cluster: Cluster, recorder: Recorder) -> None:
    """Waits until every job has ended, or nothing happens any more: then the verdict tells which have not."""
    await cluster.ready()
    seen, deadline = len(recorder.events), time.monotonic() + CALM_SECONDS
    async with httpx.AsyncClient(trust_env=False, timeout=30.0) as client:
        while time.monotonic() < deadline:
            if len(recorder.events) > seen:
                seen, deadline = len(recorder.events), time.monotonic() + CALM_SECONDS
            counts = (await client.get(f"{cluster.dashboard_url}/api/stats")).json()["counts"]
            if not any(counts[state] for state in ("waiting", "delayed", "active")):
                return
            await asyncio.sleep(POLL_SECONDS)


def _announce(storm: Plan, cluster: Cluster, say: Say) -> None:
    say(f"seed {storm.seed}: {len(storm.requests)} requests, {len(storm.faults)} faults")
    if not cluster.volume.is_mounted:
        say("  no volume can be mounted here: it will not be full or read-only")
    for fault in storm.faults:
        say(f"  {fault.at:6.2f} s  {fault.kind.name:24} {fault.seconds:.1f} s")
