"""Reports taken in per second at 64 connections: `python -m benchmarks.accept`.

One HTTP process each, no worker; rounds alternate. Express puts each body into a BullMQ queue.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import uvloop

from benchmarks.kit import systems
from benchmarks.kit.cpu import cpu_ms
from benchmarks.kit.documents import as_json, sales_report
from benchmarks.kit.figures import Figure, quantile, say, table
from benchmarks.kit.load import post, send
from benchmarks.kit.processes import Group, group
from benchmarks.peers.install import NODE_ROOM, node_peers
from shared.settings import CHECKOUT
from tests.e2e.client import free_ports

CONNECTIONS = 64
BODIES = {
    "the smallest report": {"reportType": "test", "data": {"period": "Q1", "revenue": 1}},
    "the 40-row report": sales_report(),
}


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.accept")
    parser.add_argument("--requests", type=int, default=2000, help="requests a round")
    parser.add_argument("--rounds", type=int, default=5, help="rounds of each system")
    options = parser.parse_args()
    say(measure(options.requests, options.rounds))


def measure(requests: int = 2000, rounds: int = 5) -> str:
    """The table of the results."""
    missing = node_peers()
    with (
        tempfile.TemporaryDirectory(prefix="pressroom-bench-") as name,
        _servers(Path(name), missing) as servers,
    ):
        rows = [row for body in BODIES for row in _rows(servers, body, requests, rounds)]
    text = table(["body", "server", "accepted/s", "p99 ms", "CPU ms of the HTTP process", "ratio"], rows)
    return text + (f"\n\nnot measured: {missing}" if missing else "")


@contextmanager
def _servers(folder: Path, no_node: str | None) -> Iterator[dict[str, tuple[int, Group]]]:
    ours, theirs = free_ports(2)
    with (
        systems.embedded_redis(folder) as redis,
        group(folder / "ours.log") as producer,
        group(folder / "express.log") as express,
    ):
        env = {"REDIS_URL": redis.url, "PRESSROOM_PRODUCER_PORT": str(ours)}
        env["PRESSROOM_STORAGE_URL"] = (folder / "uploads").as_uri()
        producer.start((sys.executable, "-m", "producer"), env, CHECKOUT)
        producer.wait_ready(ours)
        servers = {"Pressroom's producer": (ours, producer)}
        if no_node is None:
            url = redis.url.replace("/0", "/1")
            express.start(("node", "accept.js", str(theirs), url), {"NODE_ENV": "production"}, NODE_ROOM)
            express.wait_ready(theirs)
            servers["Express + BullMQ"] = (theirs, express)
        yield servers


def _rows(servers: dict[str, tuple[int, Group]], body: str, requests: int, rounds: int) -> list[list[object]]:
    samples: dict[str, list[tuple[float, float, float]]] = {name: [] for name in servers}
    for number in range(rounds + 1):
        for name, (port, processes) in servers.items():
            request = post(port, systems.PATH, as_json(BODIES[body]))
            before = sum(map(cpu_ms, processes.pids()))
            answers = uvloop.run(send(port, request, requests, CONNECTIONS)).check(202)
            cpu = (sum(map(cpu_ms, processes.pids())) - before) / requests
            if number:
                p99_ms = quantile(answers.seconds, 0.99) * 1000
                samples[name].append((requests / answers.took_seconds, p99_ms, cpu))
    figures = {
        name: [Figure(values) for values in zip(*taken, strict=True)] for name, taken in samples.items()
    }
    ours = figures["Pressroom's producer"][0].median
    return [[body, name, *found, f"{ours / found[0].median:.2f}"] for name, found in figures.items()]


if __name__ == "__main__":
    os.environ.pop("REDIS_URL", None)
    main()
