"""`python -m tests.e2e.faults.soak --minutes 60`: full load, pauses of two seconds, default settings.

Somebody is paused all the time: a worker, a render child or a scheduler. A pause is shorter than a lease, so
whoever is taken for lost is alive: each job that was taken from its worker is a false stall. Status 1 when
there was one, or when the checker finds anything.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from shared.job import FINISHED_STATES, JobState
from shared.queue import keys
from shared.queue.leases import HandBack
from tests.e2e.faults.checker import Finding, judge
from tests.e2e.faults.clients import Clients
from tests.e2e.faults.closing import put_away, say
from tests.e2e.faults.cluster import Cluster
from tests.e2e.faults.evidence import collect
from tests.e2e.faults.history import Event, History
from tests.e2e.faults.jobs import Request
from tests.e2e.faults.recorder import Recorder
from tests.e2e.faults.scene import NotNow, Scene
from tests.e2e.faults.storm import calm
from tests.e2e.faults.summary import figures

WORKERS, SLOTS_EACH = 2, 2
#: jobs that are waiting or running at any time
BACKLOG = 32
PAUSE_SECONDS = 2.0
#: between two pauses
GAP_SECONDS = (1.0, 4.0)
#: who is paused → how many of ten times
VICTIMS: Final = {"worker": 4, "child": 4, "scheduler": 2}
#: kind → how many of a hundred jobs. What sleeps holds a slot and no processor.
MIX: Final = {"fast": 49, "slow": 35, "long": 5, "table": 10, "large": 1}
SLEEP_SECONDS: Final = {"slow": (0.3, 4.0), "long": (8.0, 20.0)}
ROWS: Final = {"table": (500, 2_000), "large": (10_000, 20_000)}
SAMPLE_SECONDS = 0.5
LEASE_LOST = "job stalled: its lease is lost"


@dataclass(slots=True)
class Load:
    """What the queue looked like, sample by sample."""

    waiting: list[int] = field(default_factory=list)
    active: list[int] = field(default_factory=list)

    @property
    def busy_share(self) -> float:
        """The part of the samples in which each slot had a job."""
        return sum(number >= WORKERS * SLOTS_EACH for number in self.active) / max(1, len(self.active))


@dataclass(slots=True)
class Soak:
    """Everything that came of it."""

    history: History
    load: Load = field(default_factory=Load)
    #: how long each pause was in fact, in seconds
    pauses: list[float] = field(default_factory=list)
    #: how often a worker found that it had lost a lease, by its log
    leases_lost: int = 0

    def findings(self) -> list[Finding]:
        """The checker's, false stalls, and what a load of healthy jobs should never see."""
        return [*judge(self.history), *costs_of_pauses(self.history.events)]


def costs_of_pauses(events: Iterable[Event]) -> list[Finding]:
    """What pauses of healthy processes must not do to a job.

    A job that was claimed ahead and goes back since no render child was free has lost no attempt and not its
    place. Each other hand-back is a finding, like a stall or a failure.
    """
    findings = []
    for event in events:
        if event.event in ("stalled", "retrying", "released", "failed") and not _found_no_child(event):
            text = f"{event.event} at attempt {event.attempt} of {event.worker_id}: {event.detail}"
            findings.append(Finding("a_pause_costs_nothing", event.job_id, text))
    return findings


def _found_no_child(event: Event) -> bool:
    return event.event == "released" and event.detail == HandBack.NO_CHILD


async def run_soak(folder: Path, seconds: float, seed: int) -> Soak:
    """Load and pauses for that long, then calm and evidence."""
    cluster = Cluster(
        folder, workers=WORKERS, small_volume=False, PRESSROOM_WORKER_CONCURRENCY=str(SLOTS_EACH)
    )
    soak = Soak(History(seed=seed))
    async with cluster, Clients(cluster, seed) as clients, contextlib.AsyncExitStack() as stack:
        admin = await stack.enter_async_context(cluster.client("soak:admin"))
        recorder = Recorder(await stack.enter_async_context(cluster.client("soak:recorder")))
        scene = Scene(cluster, recorder, admin, random.Random(f"pauses {seed}"))
        recording = asyncio.create_task(recorder.run())
        try:
            ends = time.monotonic() + seconds
            feeding = _feed(clients, recorder, soak.history, ends)
            await asyncio.gather(feeding, _pause(scene, soak, ends), _sample(scene, soak.load, ends))
            await calm(cluster, recorder)
        finally:
            recorder.stop()
            await recording
        await recorder.finish()
        await _gather_evidence(soak, scene, clients)
    return soak


async def _gather_evidence(soak: Soak, scene: Scene, clients: Clients) -> None:
    history, recorder, cluster = soak.history, scene.recorder, scene.cluster
    history.calls, history.events, history.published = clients.calls, recorder.events, recorder.published
    await collect(history, cluster, scene.admin)
    # Redis keeps the latest events only, and was never restarted
    history.stream_ids = [event.id for event in history.events]
    history.deaths = cluster.deaths
    soak.leases_lost = sum(cluster.log(worker.name).count(LEASE_LOST) for worker in cluster.workers)


async def _feed(clients: Clients, recorder: Recorder, history: History, ends: float) -> None:
    """Sends a new job for each that has ended."""
    wanted, sent, ended, read = _requests(history.seed), 0, 0, 0
    while time.monotonic() < ends:
        news, read = recorder.events[read:], len(recorder.events)
        ended += sum(event.event != "progress" and event.state in FINISHED_STATES for event in news)
        missing = [next(wanted) for _ in range(BACKLOG - (sent - ended))]
        history.requests |= {request.ref: request.facts for request in missing}
        sent += len(missing)
        await asyncio.gather(*(clients.submit(request) for request in missing))
        await asyncio.sleep(0.1)


def _requests(seed: int) -> Iterator[Request]:
    rng, number = random.Random(f"soak {seed}"), 0
    while True:
        number += 1
        ref, kind = f"soak {seed}-{number:06}", rng.choices(list(MIX), weights=list(MIX.values()))[0]
        facts = {"kind": kind, "key": True, "maxAttempts": 3}
        yield Request(
            ref, kind, 0.0, {"title": ref, **_report(rng, kind)}, ref.replace(" ", "-"), facts=facts
        )


def _report(rng: random.Random, kind: str) -> dict[str, Any]:
    if kind in ROWS:
        rows = [{"n": n, "name": f"Item {n}", "amount": n * 1.5} for n in range(rng.randrange(*ROWS[kind]))]
        return {"reportType": "table", "data": {"rows": rows}}
    data: dict[str, Any] = {"period": "2026-Q3", "revenue": rng.randrange(10**7)}
    if kind in SLEEP_SECONDS:
        data["misbehave"] = f"sleep:{rng.uniform(*SLEEP_SECONDS[kind]):.2f}"
    return {"reportType": "test", "data": data}


async def _pause(scene: Scene, soak: Soak, ends: float) -> None:
    began = time.monotonic()
    while time.monotonic() + PAUSE_SECONDS < ends:
        kind = scene.rng.choices(list(VICTIMS), weights=list(VICTIMS.values()))[0]
        await asyncio.sleep(scene.rng.uniform(*GAP_SECONDS))
        try:
            pid = _victim(scene, kind)
        except NotNow:
            continue
        at = time.monotonic()
        async with scene.cluster.frozen(pid):
            await asyncio.sleep(PAUSE_SECONDS)
        soak.pauses.append(time.monotonic() - at)
        facts = {"kind": f"{kind}-paused", "at": round(at - began, 2), "seconds": PAUSE_SECONDS, "note": ""}
        soak.history.faults.append(facts)


def _victim(scene: Scene, kind: str) -> int:
    if kind == "child":
        return scene.any_child()
    return scene.any_worker().pid if kind == "worker" else scene.rng.choice(scene.cluster.schedulers).pid


async def _sample(scene: Scene, load: Load, ends: float) -> None:
    while time.monotonic() < ends:
        await asyncio.sleep(SAMPLE_SECONDS)
        load.waiting.append(await scene.admin.zcard(keys.index(JobState.WAITING)))
        load.active.append(await scene.admin.zcard(keys.index(JobState.ACTIVE)))


def report(soak: Soak) -> str:
    """Its figures, one on a line."""
    counts, kinds = figures(soak.history), Counter(fault["kind"] for fault in soak.history.faults)
    stalls = counts["stalled"]
    lines = {
        "pauses": f"{sum(kinds.values())} ({', '.join(f'{kind} {n}' for kind, n in sorted(kinds.items()))})",
        "pause": f"{min(soak.pauses, default=0):.2f} to {max(soak.pauses, default=0):.2f} s",
        "jobs acknowledged": counts["acknowledged jobs"],
        "jobs completed": counts["completed"],
        "attempts": counts["attempts"],
        "false stalls": stalls,
        "leases that a worker found lost": soak.leases_lost,
        "handed back, claimed ahead": sum(map(_found_no_child, soak.history.events)),
        "lost": counts["lost"],
        "published twice": counts["published twice"],
        "PDFs on the volume": len(soak.history.files),
        "jobs waiting, least": min(soak.load.waiting, default=0),
        "all slots busy": f"{soak.load.busy_share:.1%} of {len(soak.load.active)} samples",
    }
    width = max(map(len, lines))
    return "\n".join(f"  {name:{width}}  {value}" for name, value in lines.items())


def main() -> int:
    """0 when no pause cost anything."""
    options = _options()
    folder = Path(tempfile.mkdtemp(prefix="pressroom-soak-"))
    say(f"{WORKERS} workers × {SLOTS_EACH} slots, {options.minutes:g} min, seed {options.seed}: {folder}")
    soak = asyncio.run(run_soak(folder, options.minutes * 60, options.seed))
    findings = soak.findings()
    say(report(soak))
    for finding in findings:
        say(f"  {finding}")
    say(f"  {len(findings)} findings")
    put_away(soak.history, folder, keep=bool(findings) or options.keep)
    return 1 if findings else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.e2e.faults.soak")
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", action="store_true", help="keep logs and history even without findings")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
