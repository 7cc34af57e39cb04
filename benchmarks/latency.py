"""From the POST to the completed job, as a client hears of it: `python -m benchmarks.latency`.

One job at a time: the small report, and a job that does nothing (the worker's part is real, only rendering
and file are left out), the latter against Express + BullMQ; rounds alternate. Then the small report at
a share of what the stack can do, jobs coming by chance.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from benchmarks.kit import systems
from benchmarks.kit.documents import as_json, sales_report
from benchmarks.kit.events import BULLMQ, OURS, Completions, Submitter
from benchmarks.kit.figures import Figure, quantile, say, table
from benchmarks.kit.processes import group
from benchmarks.peers.install import node_peers
from shared.settings import CHECKOUT
from tests.e2e.client import free_ports

SMALL = as_json({"reportType": "test", "data": {"period": "Q1", "revenue": 1}})
REPORT = as_json(sales_report())
LOADS = (0.2, 0.8)


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.latency")
    parser.add_argument("--jobs", type=int, default=100, help="jobs a round")
    parser.add_argument("--rounds", type=int, default=5, help="rounds of each kind")
    options = parser.parse_args()
    say(measure(options.jobs, options.rounds))


def measure(jobs: int = 100, rounds: int = 5) -> str:
    """The table of the results."""
    with tempfile.TemporaryDirectory(prefix="pressroom-bench-") as name, ExitStack() as stack:
        folder = Path(name)
        report = stack.enter_context(_pressroom(folder))
        kinds = {
            "40-row report, Pressroom": (report, REPORT),
            "no-op, Pressroom": (stack.enter_context(_noop(folder)), SMALL),
        }
        missing = node_peers()
        if missing is None:
            kinds["no-op, Express + BullMQ"] = (stack.enter_context(_bullmq(folder)), SMALL)
        samples: dict[str, list[list[float]]] = {kind: [] for kind in kinds}
        for number in range(rounds + 1):
            for kind, (system, body) in kinds.items():
                taken = [_once(*system, body) for _ in range(jobs)]
                if number:
                    samples[kind].append(taken)
        rows = [[f"{kind}, one at a time", *_quantiles(taken)] for kind, taken in samples.items()]
        alone_ms = statistics.median(samples["40-row report, Pressroom"][-1])
        for load in LOADS:
            rate = load * systems.RENDERERS / (alone_ms / 1000)
            under_load = [_under_load(*report, rate, jobs) for _ in range(rounds)]
            rows.append([f"40-row report, Pressroom, {rate:.0f} jobs/s", *_quantiles(under_load)])
    text = table(["job", "p50 ms", "p95 ms", "p99 ms"], rows)
    return text + (f"\n\nnot measured: {missing}" if missing else "")


@contextmanager
def _pressroom(folder: Path) -> Iterator[tuple[Submitter, Completions]]:
    with systems.embedded_redis(folder / "1") as redis, systems.pressroom(folder, redis.url) as system:
        yield from _talk(system.port, redis.url, OURS)


@contextmanager
def _noop(folder: Path) -> Iterator[tuple[Submitter, Completions]]:
    (port,) = free_ports(1)
    with systems.embedded_redis(folder / "2") as redis, group(folder / "noop.log") as processes:
        env = {"REDIS_URL": redis.url, "PRESSROOM_PRODUCER_PORT": str(port)}
        env["PRESSROOM_STORAGE_URL"] = (folder / "uploads").as_uri()
        processes.start((sys.executable, "-m", "producer"), env, CHECKOUT)
        processes.start((sys.executable, "-m", "benchmarks.noop_worker", "2"), env, CHECKOUT)
        processes.wait_ready(port)
        yield from _talk(port, redis.url, OURS)


@contextmanager
def _bullmq(folder: Path) -> Iterator[tuple[Submitter, Completions]]:
    with systems.embedded_redis(folder / "3") as redis, systems.bullmq(folder, redis.url, "noop") as system:
        yield from _talk(system.port, redis.url.replace("/0", "/3"), BULLMQ)


def _talk(port: int, url: str, stream: str) -> Iterator[tuple[Submitter, Completions]]:
    completions = Completions(url, stream)
    yield Submitter(port), completions
    completions.close()


def _once(submitter: Submitter, completions: Completions, body: bytes) -> float:
    began = time.perf_counter()
    return (completions.wait(submitter.submit(body)) - began) * 1000


def _under_load(submitter: Submitter, completions: Completions, rate: float, jobs: int) -> list[float]:
    """Jobs come at that rate by chance (exponential gaps), whether or not the ones before are done."""
    began: dict[str, float] = {}

    def send() -> None:
        due = time.perf_counter()
        for _ in range(jobs):
            due += random.expovariate(rate)
            time.sleep(max(0.0, due - time.perf_counter()))
            began[submitter.submit(REPORT)] = due

    sender = threading.Thread(target=send)
    sender.start()
    sender.join()
    return [(completions.wait(job_id) - since) * 1000 for job_id, since in began.items()]


def _quantiles(rounds: list[list[float]]) -> list[Figure]:
    return [Figure(tuple(quantile(taken, share) for taken in rounds)) for share in (0.5, 0.95, 0.99)]


if __name__ == "__main__":
    main()
