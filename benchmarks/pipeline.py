"""Reports per second from the POST to the PDF on disk: `python -m benchmarks.pipeline`.

The small report (40 rows, two charts) goes through each system with two render processes; its rounds
alternate with those of the others. The limit is our renderer called in two bare processes, without HTTP,
queue or record. CPU time is that of all processes of the system and of Redis, without the load generator: it
says what a report costs even while other programs use the machine. Pressroom, unlike the peers, has the file
and its folder synced to the disk before a job counts as completed.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import uvloop

from benchmarks.kit import systems
from benchmarks.kit.cpu import cpu_ms, cpu_ms_below
from benchmarks.kit.documents import as_json, sales_report
from benchmarks.kit.figures import Figure, say, table
from benchmarks.kit.load import post, send
from benchmarks.kit.systems import RENDERERS, System
from benchmarks.peers.install import chromium, node_peers, python_peers
from worker.render.engine import RenderRequest, render, warm_up

#: reports per second and CPU milliseconds a report
Sample = tuple[float, float]
Results = dict[str, tuple[Figure, Figure]]

CONNECTIONS = 16
LIMIT = "limit: the renderer in two bare processes"
#: reports a round, for systems that are much slower than the others
FEW = {"Express + BullMQ + chromium": 2, "FastAPI + stock arq + platypus, poll 500 ms": 20}


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pipeline")
    parser.add_argument("--jobs", type=int, default=400, help="reports a round")
    parser.add_argument("--rounds", type=int, default=5, help="rounds of each system")
    parser.add_argument("--only", default="", help="parts of names of systems, with commas between")
    options = parser.parse_args()
    say(measure(options.jobs, options.rounds, options.only))


def measure(jobs: int = 400, rounds: int = 5, only: str = "") -> str:
    """The table of the results."""
    with tempfile.TemporaryDirectory(prefix="pressroom-bench-") as name:
        folder = Path(name)
        with systems.embedded_redis(folder) as server:
            starts, missing = _starts(folder, server.url, only)
            with systems.all_at_once(starts) as (running, failed):
                rates = _rounds(running, jobs, rounds, folder)
    return _table(rates, [*missing, *failed])


def _starts(folder: Path, url: str, only: str) -> tuple[list[Callable[[], object]], list[str]]:
    starts: dict[str, Callable[[], object]] = {"pressroom": lambda: systems.pressroom(folder, url)}
    missing = []
    if failure := node_peers():
        missing.append(f"Node peers: {failure}")
    else:
        starts["bullmq pdfkit"] = lambda: systems.bullmq(folder, url, "pdfkit")
        if chromium():
            starts["bullmq chromium"] = lambda: systems.bullmq(folder, url, "chromium")
        else:
            missing.append("BullMQ + Chromium: no Chromium is installed")
    starts["arq stock"] = lambda: systems.arq(folder, url, "platypus", 0.5, 4)
    starts["arq tuned"] = lambda: systems.arq(folder, url, "platypus", 0.01, 5)
    starts["arq tuned ours"] = lambda: systems.arq(folder, url, "pressroom", 0.01, 6)
    if failure := python_peers():
        missing.append(f"Python peers: {failure}")
    else:
        starts["saq"] = lambda: systems.saq(folder, url)
    wanted = only.split(",")
    return [start for key, start in starts.items() if any(part in key for part in wanted)], missing


def _rounds(running: list[System], jobs: int, rounds: int, folder: Path) -> Results:
    samples: dict[str, list[Sample]] = {LIMIT: [], **{system.name: [] for system in running}}
    for number in range(rounds + 1):
        taken = {LIMIT: _bare(jobs, folder)}
        for system in running:
            taken[system.name] = _sample(system, FEW.get(system.name, jobs))
        if number:  # the first round warms up
            for name, sample in taken.items():
                samples[name].append(sample)
        say(f"round {number} of {rounds} is done")
    return {
        name: (Figure(tuple(rate for rate, _ in taken)), Figure(tuple(cpu for _, cpu in taken)))
        for name, taken in samples.items()
    }


def _sample(system: System, jobs: int) -> Sample:
    if system.processes:
        system.processes.go_on()
    cpu_before = cpu_ms_below(os.getpid())
    expected = system.done() + jobs
    request = post(system.port, systems.PATH, as_json(sales_report()))
    began = time.perf_counter()
    uvloop.run(send(system.port, request, jobs, min(CONNECTIONS, jobs))).check(200, 202)
    system.wait_done(expected)
    took = time.perf_counter() - began
    cpu = (cpu_ms_below(os.getpid()) - cpu_before) / jobs
    if system.processes:
        system.processes.stand_still()
    return jobs / took, cpu


def _bare(jobs: int, folder: Path) -> Sample:
    """The renderer alone."""
    context = multiprocessing.get_context("fork")
    barrier = context.Barrier(RENDERERS + 1)
    workers = [
        context.Process(target=_loop, args=(jobs // RENDERERS, folder, barrier)) for _ in range(RENDERERS)
    ]
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
    done = jobs // RENDERERS * RENDERERS
    return done / took, cpu / done


def _loop(jobs: int, folder: Path, barrier: object) -> None:
    body, target = sales_report(), folder / f"bare-{multiprocessing.current_process().pid}.pdf"
    warm_up()
    barrier.wait()  # type: ignore[attr-defined]
    for number in range(jobs):
        request = RenderRequest(f"job-{number}", "sales", body["title"], body["data"], number, 1000)
        render(request, target, lambda percent, stage: None)


def _table(results: Results, missing: list[str]) -> str:
    ours = results["Pressroom"][0].median if "Pressroom" in results else 0.0
    limit = results[LIMIT][0].median
    rows = [
        [name, rate, cpu, f"{ours / rate.median:.2f}", f"{rate.median / limit:.2f}"]
        for name, (rate, cpu) in sorted(results.items(), key=lambda item: -item[1][0].median)
    ]
    text = table(["system", "reports/s", "CPU ms a report", "Pressroom : it", "it : the limit"], rows)
    return "\n".join([text, *(f"\nnot measured: {why}" for why in missing)])


if __name__ == "__main__":
    main()
