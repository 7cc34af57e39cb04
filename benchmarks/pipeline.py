"""Reports per second from the POST to the PDF on disk: `python -m benchmarks.pipeline`.

The small report (40 rows, two charts) goes through each system with two render processes. Rounds
alternate; a round of each system takes about as long as one of the others, so a fast system makes
up to 2,000 reports and the original's way a few; rounds are as long as leaves time for five. While one is
measured the others are stopped. The limit is Pressroom's renderer called in two bare processes, without
HTTP, queue, record or fsync; each report goes into a file of its own. CPU time is that of the system's
processes and of Redis, without the load generator: it says what a report costs even while other programs use
the machine. The number of PDFs is checked after each round; one PDF of every system is read after the first
two rounds and must have the 40 rows in its text.

On two processors all that is not rendering takes its time from the renderers. What it takes where processors
are left for it says a second comparison: Pressroom with one render process, and the renderer in one.
"""

from __future__ import annotations

import multiprocessing
import os
import time
import uuid
from pathlib import Path

import uvloop

from benchmarks.kit import systems
from benchmarks.kit.budget import LEAST, Budget
from benchmarks.kit.cpu import cpu_ms, cpu_ms_below
from benchmarks.kit.documents import as_json, sales_report
from benchmarks.kit.figures import Figure, say, table
from benchmarks.kit.load import post, send
from benchmarks.kit.outcome import Outcome, run_alone
from benchmarks.kit.pdfs import report_fault
from benchmarks.kit.scratch import scratch
from benchmarks.kit.systems import RENDERERS, Start, System
from benchmarks.peers.install import chromium, node_peers, python_peers
from shared.tuning import calm_the_collector
from worker.render.engine import RenderRequest, render, warm_up

#: reports per second and CPU milliseconds a report
Sample = tuple[float, float]

CONNECTIONS = 16
LIMIT = "limit: the renderer in two bare processes"
LIMIT_OF_ONE, ONE = "limit: the renderer in one bare process", "Pressroom with one render process"
#: the limits, by how many processes render
LIMITS = {LIMIT: RENDERERS, LIMIT_OF_ONE: 1}
PDFKIT, CHROMIUM = "Express + BullMQ + pdfkit", "Express + BullMQ + chromium"
ARQ = "FastAPI + stock arq + platypus, poll 10 ms"
ARQ_OURS = "FastAPI + stock arq + Pressroom's renderer, poll 10 ms"
#: reports of the first round, from which the number of the next rounds follows
FIRST = {CHROMIUM: RENDERERS, **dict.fromkeys((*LIMITS, "Pressroom", ONE), 200)}
#: a round of one system takes at most this long, and what waking and looking at it takes besides: in a longer
#: one its start and its end, in which not all processors are busy, weigh less
ROUND_SECONDS, BESIDE_SECONDS = 3.5, 0.5
MOST = 2_000


def measure(budget: Budget) -> Outcome:
    """Reports per second, CPU time a report, and the ratios."""
    outcome = Outcome()
    with scratch() as name:
        folder = Path(name)
        with systems.embedded_redis(folder) as server:
            starts = _starts(folder, server.url, outcome)
            with systems.all_at_once(starts) as (running, missing):
                outcome.notes += [f"not measured: {why}" for why in missing]
                rates = _Rounds(running, folder, outcome).run(budget)
    _conclude(rates, running, outcome)
    return outcome


def _starts(folder: Path, url: str, outcome: Outcome) -> dict[str, Start]:
    starts: dict[str, Start] = {
        "Pressroom": lambda: systems.pressroom(folder, url),
        ONE: lambda: systems.pressroom(
            folder / "one", url.replace("/0", "/4"), ONE, PRESSROOM_WORKER_CONCURRENCY="1"
        ),
    }
    if failure := node_peers():
        outcome.notes.append(f"not measured: Node peers: {failure}")
    else:
        starts["BullMQ + pdfkit"] = lambda: systems.bullmq(folder, url, "pdfkit")
        if chromium():
            starts["BullMQ + Chromium"] = lambda: systems.bullmq(folder, url, "chromium")
        else:
            outcome.notes.append("not measured: BullMQ + Chromium: no Chromium is installed")
    starts["arq, tuned"] = lambda: systems.arq(folder, url, "platypus", 0.01, 5)
    starts["arq, tuned, our renderer"] = lambda: systems.arq(folder, url, "pressroom", 0.01, 6)
    if failure := python_peers():
        outcome.notes.append(f"Python peers: {failure}")
    starts["SAQ"] = lambda: systems.saq(folder, url)
    starts["Dramatiq"] = lambda: systems.dramatiq(folder, url)
    return starts


class _Rounds:
    """Rounds that alternate between the systems and the limit."""

    def __init__(self, running: list[System], folder: Path, outcome: Outcome) -> None:
        self._running, self._folder, self._outcome = list(running), folder, outcome
        self._samples: dict[str, list[Sample]] = {}
        self._rate: dict[str, float] = {}
        #: reports that were measured
        self.made: dict[str, int] = {}

    def run(self, budget: Budget) -> _Rounds:
        """Makes its five rounds, however slow the machine: they are as long as there is time for."""
        for number in range(LEAST + 1):
            seconds = self._seconds_each(budget.left(), LEAST + 1 - number)
            for name in LIMITS:
                self._one(name, None, number, seconds)
            for system in [*self._running]:
                try:
                    self._one(system.name, system, number, seconds)
                except Exception as error:
                    self._running.remove(system)
                    self._outcome.notes.append(f"{system.name} left after round {number}: {error}")
            say(f"pipeline: round {number} is done, {budget.left():.0f} s are left")
        return self

    def _seconds_each(self, left: float, rounds: int) -> float:
        """How long each may be measured in a round when there are so many more."""
        share = left / max(1, rounds) / (len(self._running) + len(LIMITS))
        return max(0.2, min(ROUND_SECONDS, share - BESIDE_SECONDS))

    def figures(self) -> dict[str, tuple[Figure, Figure]]:
        """Reports per second and CPU ms a report, by name."""
        return {
            name: (Figure(tuple(rate for rate, _ in taken)), Figure(tuple(cpu for _, cpu in taken)))
            for name, taken in self._samples.items()
        }

    def _one(self, name: str, system: System | None, number: int, seconds: float) -> None:
        jobs = _jobs(self._rate[name], seconds) if number else FIRST.get(name, 40)
        sample = (
            _sample(system, jobs, self._folder / "aside", read=number < 2)
            if system
            else _bare(jobs, self._folder, LIMITS[name])
        )
        self._rate[name] = sample[0]
        if number:  # the first round warms up
            self._samples.setdefault(name, []).append(sample)
            self.made[name] = self.made.get(name, 0) + jobs


def _jobs(rate: float, seconds: float) -> int:
    """How many reports a round has, for who made `rate` a second in the round before."""
    return max(RENDERERS, min(MOST, round(rate * seconds)))


def _sample(system: System, jobs: int, aside: Path, *, read: bool) -> Sample:
    with systems.alone(system):
        cpu_before = cpu_ms_below(os.getpid())
        expected = system.done() + jobs
        request = post(system.port, systems.PATH, as_json(sales_report()))
        began = time.perf_counter()
        uvloop.run(send(system.port, request, jobs, min(CONNECTIONS, jobs))).check(200, 202)
        system.wait_done(expected)
        took = time.perf_counter() - began
        cpu = (cpu_ms_below(os.getpid()) - cpu_before) / jobs
    _look_at(system, jobs, aside, read=read)
    return jobs / took, cpu


def _look_at(system: System, jobs: int, aside: Path, *, read: bool) -> None:
    """Counts the PDFs, reads one of them if so wanted, and puts all of the peers' aside.

    None is deleted before the end: some file systems pass over what was deleted in the last minute, one by
    one, whenever a file is made, and whoever makes many would pay for the others' deletions.

    Raises:
        RuntimeError: there are too few, or it lacks something.
    """
    made = sorted(system.folder.rglob("*.pdf"))
    if len(made) < jobs:
        raise RuntimeError(f"{len(made)} PDFs of {jobs} reports")
    if read and (fault := report_fault(made[-1])):
        raise RuntimeError(f"wrong PDF: {fault}")
    if system.name not in ("Pressroom", ONE):
        for file in made:
            aside.mkdir(exist_ok=True)
            file.rename(aside / uuid.uuid4().hex)


def _bare(jobs: int, folder: Path, loops: int) -> Sample:
    """The renderer alone, in so many processes."""
    context = multiprocessing.get_context("fork")
    barrier = context.Barrier(loops + 1)
    workers = [context.Process(target=_loop, args=(jobs // loops, folder, barrier)) for _ in range(loops)]
    for worker in workers:
        worker.start()
    barrier.wait()
    began, cpu_before = time.perf_counter(), sum(cpu_ms(worker.pid or 0) for worker in workers)
    for worker in workers:
        os.waitid(os.P_PID, worker.pid or 0, os.WEXITED | os.WNOWAIT)  # its times stay readable
    took = time.perf_counter() - began
    cpu = sum(cpu_ms(worker.pid or 0) for worker in workers) - cpu_before
    for worker in workers:
        worker.join()
    done = jobs // loops * loops
    return done / took, cpu / done


def _loop(jobs: int, folder: Path, barrier: object) -> None:
    body, process = sales_report(), multiprocessing.current_process().pid
    warm_up()
    calm_the_collector()
    barrier.wait()  # type: ignore[attr-defined]
    for number in range(jobs):
        request = RenderRequest(f"job-{number}", "sales", body["title"], body["data"], number, 1000)
        render(request, folder / f"bare-{process}-{number}.pdf", lambda percent, stage: None)


def _conclude(found: _Rounds, running: list[System], outcome: Outcome) -> None:
    figures = found.figures()
    durability = {system.name: system.durability for system in running}
    apart = (LIMIT_OF_ONE, ONE)
    outcome.parts.append(_table("Pressroom", LIMIT, set(figures).difference(apart), found, durability))
    outcome.parts.append("With one render process, so that another processor is left for the rest:")
    outcome.parts.append(_table(ONE, LIMIT_OF_ONE, set(figures).intersection(apart), found, durability))
    ours = _median(figures, "Pressroom")
    wanted = (
        ("Pressroom : the bare loop", 0.8, LIMIT),
        ("Pressroom : BullMQ + pdfkit, an equal document", 3, PDFKIT),
        ("Pressroom : the original's way (BullMQ + a Chromium a job)", 300, CHROMIUM),
        ("Pressroom : stock arq tuned, its usual document (platypus)", 4, ARQ),
        ("Pressroom : stock arq tuned, with Pressroom's renderer", 4, ARQ_OURS),
    )
    for what, ratio, peer in wanted:
        theirs = _median(figures, peer)
        outcome.at_least(what, ratio, ours / theirs if ours and theirs else None)


def _table(us: str, limit: str, names: set[str], found: _Rounds, durability: dict[str, str]) -> str:
    """What was measured of those systems, the fastest first, compared with us and with the limit."""
    figures = {name: figure for name, figure in found.figures().items() if name in names}
    ours, most = _median(figures, us) or 0, _median(figures, limit) or 1
    rows = [
        [
            *(name, found.made[name], rate, cpu),
            *(f"{ours / rate.median:.2f}", f"{rate.median / most:.2f}"),
            durability.get(name, "no fsync of the PDF"),
        ]
        for name, (rate, cpu) in sorted(figures.items(), key=lambda item: -item[1][0].median)
    ]
    head = ["system", "reports", "reports/s", "CPU ms a report", f"{us} : it", "it : the limit", "on disk"]
    return table(head, rows)


def _median(figures: dict[str, tuple[Figure, Figure]], name: str) -> float | None:
    return figures[name][0].median if name in figures else None


if __name__ == "__main__":
    run_alone(measure, "pipeline")
