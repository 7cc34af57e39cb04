"""From a client's POST to the completed job, in milliseconds: `python -m benchmarks.latency`.

Completion is heard from the stream of events that both Pressroom and BullMQ write. One at a time: each
job is submitted when the one before it has completed. Under load: jobs come by chance (exponential gaps)
at 20 % and 80 % of the rate that the same system completed just before in a burst; a time counts from
when the job was due. Rounds alternate, and while one system is measured the others stand still; ten jobs
that do not count come first. A no-op job takes the whole way but for rendering and file; its worker has
two slots, BullMQ's two processes one each.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import uvloop

from benchmarks.kit import systems
from benchmarks.kit.budget import LEAST, Budget
from benchmarks.kit.documents import as_json, sales_report
from benchmarks.kit.events import BULLMQ, OURS, Completions, Submitter
from benchmarks.kit.figures import Figure, quantile, table
from benchmarks.kit.load import post, send
from benchmarks.kit.openloop import at_rate
from benchmarks.kit.outcome import Outcome, run_alone
from benchmarks.kit.processes import group
from benchmarks.kit.scratch import scratch
from benchmarks.kit.systems import PATH, System
from benchmarks.peers.install import node_peers
from shared.settings import CHECKOUT
from shared.tuning import calm_the_collector
from tests.e2e.client import free_ports
from worker.render.engine import RenderRequest, render, warm_up

SMALL = as_json({"reportType": "test", "data": {"period": "Q1", "revenue": 1}})
REPORT = as_json(sales_report())
REPORTS, NOOP, PEER = "40-row report, Pressroom", "no-op, Pressroom", "no-op, Express + BullMQ"
LOADS = (0.2, 0.8)
JOBS, BURST_JOBS, CONNECTIONS = 200, 300, 16
#: not counted: the first ones after a stand-still
WAKE_JOBS = 10
ROUND_SECONDS = 1.6
P50_MS, P99_MS = 8, 25


@dataclass
class _Kind:
    """One system with one kind of job."""

    name: str
    system: System
    body: bytes
    url: str
    stream: str
    #: completed jobs a second in the bursts
    bursts: list[float] = field(default_factory=list)
    #: ms, a list for each round, by the share of the load; 0 = one at a time
    times: dict[float, list[list[float]]] = field(default_factory=dict)

    def round(self, *, keep: bool) -> None:
        """One at a time, a burst, both loads."""
        with systems.alone(self.system), closing(Completions(self.url, self.stream)) as completions:
            submitter = Submitter(self.system.port)
            for _ in range(WAKE_JOBS):
                self._once(submitter, completions)
            found = {0.0: [self._once(submitter, completions) for _ in range(JOBS)]}
            rate = self._burst()
            for load in LOADS:
                found[load] = self._under_load(completions, rate * load)
        if keep:
            self.bursts.append(rate)
            for load, times in found.items():
                self.times.setdefault(load, []).append(times)

    def rows(self) -> list[list[object]]:
        """Of the table."""
        rate = statistics.median(self.bursts)
        label = {0.0: "one at a time", **{load: f"{load:.0%} load, {rate * load:,.0f}/s" for load in LOADS}}
        return [[self.name, label[load], *self.quantiles(load)] for load in self.times]

    def quantiles(self, load: float) -> list[Figure]:
        """p50, p95, p99."""
        return [
            Figure(tuple(quantile(taken, share) for taken in self.times[load])) for share in (0.5, 0.95, 0.99)
        ]

    def _once(self, submitter: Submitter, completions: Completions) -> float:
        began = time.perf_counter()
        return (completions.wait(submitter.submit(self.body)) - began) * 1000

    def _burst(self) -> float:
        expected, began = self.system.done() + BURST_JOBS, time.perf_counter()
        request = post(self.system.port, PATH, self.body)
        uvloop.run(send(self.system.port, request, BURST_JOBS, CONNECTIONS)).check(202)
        self.system.wait_done(expected)
        return BURST_JOBS / (time.perf_counter() - began)

    def _under_load(self, completions: Completions, rate: float) -> list[float]:
        count = max(20, round(rate * ROUND_SECONDS))
        request = post(self.system.port, PATH, self.body)
        due = uvloop.run(at_rate(self.system.port, request, rate, count))
        return [(completions.wait(job_id) - since) * 1000 for job_id, since in due.items()]


def measure(budget: Budget) -> Outcome:
    """Quantiles of the times, and their targets."""
    outcome = Outcome()
    with scratch() as name, ExitStack() as stack:
        folder = Path(name)
        kinds: dict[str, _Kind] = {}
        for kind, start in _kinds(folder).items():
            try:
                kinds[kind] = stack.enter_context(start())
            except Exception as error:
                outcome.notes.append(f"{kind} is not measured: {error}")
                continue
            kinds[kind].system.stand_still()
        for number in budget.rounds("latency"):
            for kind in kinds.values():
                kind.round(keep=number > 0)
        render_ms = _render_ms(folder)
    outcome.notes += budget.notes
    rows = [row for kind in kinds.values() for row in kind.rows()]
    outcome.parts.append(table(["job", "how they come", "p50 ms", "p95 ms", "p99 ms"], rows))
    outcome.parts.append(f"The render time of the 40-row report alone, in a bare process: {render_ms} ms.")
    _conclude(kinds, render_ms.median, outcome)
    return outcome


def _kinds(folder: Path) -> dict[str, Callable[[], AbstractContextManager[_Kind]]]:
    found: dict[str, Callable[[], AbstractContextManager[_Kind]]] = {
        REPORTS: lambda: _reports(folder / "1"),
        NOOP: lambda: _noop(folder / "2"),
        PEER: lambda: _bullmq(folder / "3"),
    }
    return found


def _conclude(kinds: dict[str, _Kind], render_ms: float, outcome: Outcome) -> None:
    if REPORTS in kinds:
        p50, _, p99 = (figure.median for figure in kinds[REPORTS].quantiles(0))
        outcome.at_most("40-row report, one at a time, p50", render_ms + P50_MS, p50, " ms")
        outcome.at_most("40-row report, one at a time, p99", render_ms + P99_MS, p99, " ms")
    if NOOP in kinds and PEER in kinds:
        ours, theirs = (kinds[name].quantiles(0)[0].median for name in (NOOP, PEER))
        outcome.at_most("no-op, one at a time, p50: below BullMQ's", theirs, ours, " ms")


def _render_ms(folder: Path) -> Figure:
    warm_up()
    calm_the_collector()
    body, samples = sales_report(), []
    request = RenderRequest("bench", body["reportType"], body["title"], body["data"], 0, 1000)
    for _ in range(LEAST + 1):
        began = time.perf_counter()
        for _ in range(20):
            render(request, folder / "bare.pdf", lambda percent, stage: None)
        samples.append((time.perf_counter() - began) * 1000 / 20)
    return Figure(tuple(samples[1:]))


@contextmanager
def _reports(folder: Path) -> Iterator[_Kind]:
    folder.mkdir()
    with systems.embedded_redis(folder) as redis, systems.pressroom(folder, redis.url) as system:
        yield _Kind(REPORTS, system, REPORT, redis.url, OURS)


@contextmanager
def _noop(folder: Path) -> Iterator[_Kind]:
    folder.mkdir()
    (port,) = free_ports(1)
    with systems.embedded_redis(folder) as redis, group(folder / "noop.log") as processes:
        env = {"REDIS_URL": redis.url, "PRESSROOM_PRODUCER_PORT": str(port)}
        env["PRESSROOM_STORAGE_URL"] = (folder / "uploads").as_uri()
        processes.start((sys.executable, "-m", "producer"), env, CHECKOUT)
        processes.start((sys.executable, "-m", "benchmarks.noop_worker", "2"), env, CHECKOUT)
        processes.wait_ready(port)
        done = systems.counter(redis.url, "report:index:completed")
        yield _Kind(NOOP, System(NOOP, port, done, processes.pids, folder), SMALL, redis.url, OURS)


@contextmanager
def _bullmq(folder: Path) -> Iterator[_Kind]:
    if missing := node_peers():
        raise RuntimeError(missing)
    folder.mkdir()
    with systems.embedded_redis(folder) as redis, systems.bullmq(folder, redis.url, "noop") as system:
        yield _Kind(PEER, system, SMALL, redis.url.replace("/0", "/3"), BULLMQ)


if __name__ == "__main__":
    run_alone(measure, "latency")
