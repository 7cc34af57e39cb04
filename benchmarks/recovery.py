"""How fast a lost worker's job is claimed again, and a cancelled job's child is gone: with real signals.

Run: `python -m benchmarks.recovery --kills 50 --cancels 50`. Linux only (/proc). Redis's clock and
this process's are the same machine's, so their times can be compared.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import math
import os
import platform
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from shared.job import JobState
from tests.e2e.client import free_ports
from tests.e2e.faults.link import Link
from tests.e2e.fleet import Fleet, is_gone, until

#: a render of about a second, and one that outlasts every measurement
SHORT_ROWS, LONG_ROWS = 15_000, 100_000
OUTAGE_JOBS, OUTAGE_ROWS = 150, 1_500
DELAY_MS = 700
CHILD_POLL_SECONDS = 0.001


def main() -> None:
    """Measures and prints."""
    asyncio.run(_measure(_options()))


async def _measure(options: argparse.Namespace) -> None:
    env = {
        "PRESSROOM_LOG_LEVEL": "warning",
        "PRESSROOM_POISON_LIMIT": "10",
        "PRESSROOM_LEASE_SECONDS": str(options.lease),
        "PRESSROOM_SWEEP_SECONDS": str(options.sweep),
        "PRESSROOM_RECONNECT_GRACE_SECONDS": str(options.grace),
    }
    _say(f"{platform.machine()}, {os.cpu_count()} CPUs, Python {platform.python_version()}")
    _say(f"lease {options.lease:g} s, sweep {options.sweep:g} s, grace for reconnects {options.grace:g} s")
    with tempfile.TemporaryDirectory(prefix="pressroom-recovery-") as folder:
        async with Fleet(Path(folder) / "fleet", **env) as fleet:
            await fleet.start_worker()
            _report("a delayed job's time to its claim", [await _delay(fleet) for _ in range(options.delays)])
            await fleet.start_worker()
            await fleet.start_scheduler()
            kills = [await _kill(fleet) for _ in range(options.kills)]
            _report("SIGKILL to the next claim", [reclaim for reclaim, _ in kills])
            _report("SIGKILL to the stored PDF", [complete for _, complete in kills])
            _report("cancel to the child's end", [await _cancel(fleet) for _ in range(options.cancels)])
            cut = [await _cancel(fleet, cut=True) for _ in range(options.cancels)]
            _report("cancel to the child's end, connections cut", cut)
            _report("SIGSTOP to the next claim", [await _freeze(fleet) for _ in range(options.freezes)])
            if options.outage:
                await _outage(fleet, options.outage)
        cut_off = await _cut_offs(Path(folder) / "dark", env, options.cuts)
        _report("a worker's network goes dark to the next claim", cut_off)


async def _delay(fleet: Fleet) -> int:
    """Ms from a delayed job's time to its claim by an idle worker, without a scheduler."""
    job_id = await fleet.submit(1, delay_ms=DELAY_MS)
    job = await fleet.reads.job(job_id)
    due_ms = job.available_at_ms if job else 0
    return await fleet.event(job_id, "claimed") - due_ms


async def _kill(fleet: Fleet) -> tuple[int, int]:
    """Kills the worker of a running job; ms to the next claim and to the PDF."""
    job_id = await fleet.submit(SHORT_ROWS)
    worker = (await fleet.rendering(job_id)).worker_id or ""
    killed_ms = _now_ms()
    fleet.signal(worker, signal.SIGKILL)
    claimed_ms = await fleet.event(job_id, "claimed", 2)
    completed_ms = await fleet.event(job_id, "completed")
    await fleet.start_worker()
    return claimed_ms - killed_ms, completed_ms - killed_ms


async def _freeze(fleet: Fleet) -> int:
    """Freezes the worker of a running job until its job is claimed by another; ms to that claim."""
    job_id = await fleet.submit(LONG_ROWS)
    worker = (await fleet.rendering(job_id)).worker_id or ""
    frozen_ms = _now_ms()
    fleet.signal(worker, signal.SIGSTOP)
    claimed_ms = await fleet.event(job_id, "claimed", 2)
    fleet.signal(worker, signal.SIGCONT)
    await fleet.commands.cancel(job_id)
    await fleet.event(job_id, "stopped")
    await until(lambda: fleet.is_idle(worker), f"{worker} waits for work")
    return claimed_ms - frozen_ms


async def _cut_offs(folder: Path, env: dict[str, str], times: int) -> list[int]:
    """The same for workers whose network goes dark: there is a relay between each of them and Redis."""
    if not times:
        return []
    async with Fleet(folder, **env) as fleet, contextlib.AsyncExitStack() as stack:
        links: dict[str, Link] = {}
        for port in free_ports(2):
            link = Link(port)
            await link.open(fleet.server.port or 0)
            stack.push_async_callback(link.close)
            url = fleet.server.url.replace(f":{fleet.server.port}/", f":{port}/")
            links[await fleet.start_worker(REDIS_URL=url)] = link
        await fleet.start_scheduler()
        return [await _cut_off(fleet, links) for _ in range(times)]


async def _cut_off(fleet: Fleet, links: dict[str, Link]) -> int:
    """Lets nothing through to or from the worker of a running job; ms to the claim by another."""
    job_id = await fleet.submit(LONG_ROWS)
    worker = (await fleet.rendering(job_id)).worker_id or ""
    cut_off_ms = _now_ms()
    async with links[worker].dark():
        claimed_ms = await fleet.event(job_id, "claimed", 2)
    await fleet.commands.cancel(job_id)
    await fleet.event(job_id, "stopped")
    await until(lambda: fleet.is_idle(worker), f"{worker} waits for work")
    return claimed_ms - cut_off_ms


async def _outage(fleet: Fleet, seconds: float) -> None:
    """Kills Redis under load, starts it again, and says what became of the jobs."""
    ids = [await fleet.submit(OUTAGE_ROWS) for _ in range(OUTAGE_JOBS)]
    await fleet.event(ids[OUTAGE_JOBS // 10], "completed")
    fleet.server.kill()
    await asyncio.sleep(seconds)
    fleet.server.start()
    began = time.monotonic()
    jobs = [await fleet.ended(job_id) for job_id in ids]
    took = time.monotonic() - began
    completed = sum(job.state is JobState.COMPLETED for job in jobs)
    repeated = sum(job.attempts > 1 for job in jobs)
    _say(
        f"Redis killed for {seconds:g} s under load: {completed} of {OUTAGE_JOBS} jobs completed, "
        f"the last one {took:.1f} s after its start, {repeated} of them in more than one attempt"
    )


async def _cancel(fleet: Fleet, cut: bool = False) -> float:
    """Cancels a running job; ms until the process that rendered it is gone."""
    job_id = await fleet.submit(LONG_ROWS)
    worker = (await fleet.rendering(job_id)).worker_id or ""
    (child,) = fleet.children_of(worker)
    began = time.monotonic()
    if cut:
        await asyncio.gather(fleet.cut(worker), fleet.commands.cancel(job_id))
    else:
        await fleet.commands.cancel(job_id)
    await asyncio.to_thread(_wait_for_end, child)
    took_ms = (time.monotonic() - began) * 1000
    await fleet.event(job_id, "stopped")
    return took_ms


def _wait_for_end(pid: int) -> None:
    while not is_gone(pid):
        time.sleep(CHILD_POLL_SECONDS)


def _report(what: str, values: Sequence[float]) -> None:
    if values:
        ordered = sorted(values)
        p50, p99 = (ordered[math.ceil(len(ordered) * part) - 1] for part in (0.5, 0.99))
        _say(f"{what} ({len(ordered)}): p50 {p50:,.0f} ms, p99 {p99:,.0f} ms, most {ordered[-1]:,.0f} ms")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.recovery")
    parser.add_argument("--kills", type=int, default=50, help="workers killed in the middle of a job")
    parser.add_argument(
        "--cancels", type=int, default=50, help="running jobs cancelled, twice as many in all"
    )
    parser.add_argument("--delays", type=int, default=20, help="delayed jobs")
    parser.add_argument("--freezes", type=int, default=5, help="workers frozen in the middle of a job")
    parser.add_argument("--cuts", type=int, default=5, help="workers cut off from Redis in mid-job")
    parser.add_argument("--outage", type=float, default=60.0, help="seconds without Redis; 0: none")
    parser.add_argument("--lease", type=float, default=10.0, help="PRESSROOM_LEASE_SECONDS")
    parser.add_argument("--sweep", type=float, default=1.0, help="PRESSROOM_SWEEP_SECONDS")
    parser.add_argument("--grace", type=float, default=1.0, help="PRESSROOM_RECONNECT_GRACE_SECONDS")
    return parser.parse_args()


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
