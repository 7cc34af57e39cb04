"""Reports taken in per second at 64 connections: `python -m benchmarks.accept`.

One HTTP process each, no worker, on the same cores and the same Redis; rounds alternate, and the other
server stands still. Express puts each body into a BullMQ queue as it is; Pressroom checks it against the
report's type. CPU time is that of the HTTP process, and of Redis.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import uvloop

from benchmarks.kit import systems
from benchmarks.kit.budget import Budget
from benchmarks.kit.cpu import cpu_ms
from benchmarks.kit.documents import as_json, sales_report
from benchmarks.kit.figures import Figure, quantile, table
from benchmarks.kit.load import post, send
from benchmarks.kit.outcome import Outcome, run_alone
from benchmarks.kit.processes import Group, group
from benchmarks.kit.scratch import scratch
from benchmarks.peers.install import NODE_ROOM, node_peers
from shared.launcher.embedded_redis import EmbeddedRedis
from shared.settings import CHECKOUT
from tests.e2e.client import free_ports

#: requests per second, p50 and p99 in ms, CPU ms a request of the HTTP process and of Redis
Sample = tuple[float, ...]

OURS, EXPRESS = "Pressroom's producer", "Express + BullMQ"
CONNECTIONS = 64
#: requests of the first round; the others take about ROUND_SECONDS
FIRST, ROUND_SECONDS, MOST_ROUNDS = 500, 2.0, 7
BODIES = {
    "the smallest report": {"reportType": "test", "data": {"period": "Q1", "revenue": 1}},
    "the 40-row report": sales_report(),
}


def measure(budget: Budget) -> Outcome:
    """Requests per second, their times and what they cost, for each body."""
    outcome, missing = Outcome(), node_peers()
    if missing:
        outcome.notes.append(f"Express + BullMQ is not measured: {missing}")
    with (
        scratch() as name,
        _servers(Path(name), missing) as (redis, servers),
    ):
        for group_ in servers.values():
            group_[1].stand_still()
        for number, body in enumerate(BODIES):
            part = budget.part(budget.left() / (len(BODIES) - number))
            _body(body, _samples(redis, servers, body, part), outcome)
            outcome.notes += part.notes
    return outcome


@contextmanager
def _servers(
    folder: Path, no_node: str | None
) -> Iterator[tuple[EmbeddedRedis, dict[str, tuple[int, Group]]]]:
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
        servers = {OURS: (ours, producer)}
        if no_node is None:
            url = redis.url.replace("/0", "/1")
            express.start(("node", "accept.js", str(theirs), url), {"NODE_ENV": "production"}, NODE_ROOM)
            express.wait_ready(theirs)
            servers[EXPRESS] = (theirs, express)
        yield redis, servers


def _samples(
    redis: EmbeddedRedis, servers: dict[str, tuple[int, Group]], body: str, budget: Budget
) -> dict[str, list[Sample]]:
    samples: dict[str, list[Sample]] = {name: [] for name in servers}
    requests = FIRST
    for number in budget.rounds(f"accept, {body}", most=MOST_ROUNDS):
        for name, (port, processes) in servers.items():
            processes.go_on()
            sample = _round(redis, processes, port, as_json(BODIES[body]), requests)
            processes.stand_still()
            if number:
                samples[name].append(sample)
            else:
                requests = max(FIRST, round(sample[0] * ROUND_SECONDS))
    return samples


def _round(redis: EmbeddedRedis, processes: Group, port: int, body: bytes, requests: int) -> Sample:
    def used() -> tuple[float, float]:
        return sum(map(cpu_ms, processes.pids())), cpu_ms(redis.pid or 0)

    before = used()
    answers = uvloop.run(send(port, post(port, systems.PATH, body), requests, CONNECTIONS)).check(202)
    http, server = (after - at_first for after, at_first in zip(used(), before, strict=True))
    times = [quantile(answers.seconds, share) * 1000 for share in (0.5, 0.99)]
    return (requests / answers.took_seconds, *times, http / requests, server / requests)


def _body(body: str, samples: dict[str, list[Sample]], outcome: Outcome) -> None:
    figures = {
        name: [Figure(values) for values in zip(*taken, strict=True)] for name, taken in samples.items()
    }
    ours = figures[OURS][0].median
    rows = [[name, *found, f"{ours / found[0].median:.2f}"] for name, found in figures.items()]
    head = [
        "server",
        "accepted/s",
        "p50 ms",
        "p99 ms",
        "HTTP CPU ms each",
        "Redis CPU ms each",
        "Pressroom : it",
    ]
    outcome.parts.append(f"### {body}\n\n{table(head, rows)}")
    ratio = ours / figures[EXPRESS][0].median if EXPRESS in figures else None
    outcome.at_least(f"{body}: Pressroom : Express + BullMQ", 1, ratio)


if __name__ == "__main__":
    run_alone(measure, "accept")
