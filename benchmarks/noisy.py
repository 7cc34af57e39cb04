"""A very large job beside small ones: `python -m benchmarks.noisy`.

One worker with two slots; a table of many rows, from a dataset, keeps one of them busy while small
reports of 40 rows come one at a time. A round without the large job goes before each round with it; that
the large job renders from the beginning to the end of the round is checked.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import httpx

from benchmarks.kit import systems
from benchmarks.kit.budget import SECONDS, Budget
from benchmarks.kit.documents import as_json, sales_report
from benchmarks.kit.events import OURS, Completions, Submitter
from benchmarks.kit.figures import Figure, quantile, table
from benchmarks.kit.outcome import Outcome, run_alone
from benchmarks.kit.scratch import scratch

REPORT = as_json(sales_report())
#: small reports a round
JOBS = 200
LARGE_ROWS = 1_000_000
#: for a try in less time
SHORT_ROWS = 600_000
MOST_ROUNDS = 7
START_SECONDS = 20.0


def measure(budget: Budget) -> Outcome:
    """Times of the small reports alone and beside."""
    outcome = Outcome()
    alone, beside = [], []
    with (
        scratch() as name,
        systems.embedded_redis(Path(name)) as redis,
        systems.pressroom(Path(name), redis.url, PRESSROOM_RENDER_CPU_SECONDS="3600") as system,
        closing(Completions(redis.url, OURS)) as completions,
    ):
        submitter = Submitter(system.port)
        rows = LARGE_ROWS if budget.seconds >= SECONDS else SHORT_ROWS
        large = _large(system.port, rows)
        for number in budget.rounds("noisy", most=MOST_ROUNDS):
            quiet = [_once(submitter, completions) for _ in range(JOBS)]
            with _running(system.port, submitter, large):
                loud = [_once(submitter, completions) for _ in range(JOBS)]
            if number:
                alone.append(quiet)
                beside.append(loud)
    found = [["alone", *_row(alone)], [f"beside {rows:,} rows", *_row(beside)]]
    outcome.parts.append(table(["small reports", "p50 ms", "p95 ms", "p99 ms"], found))
    ratio = _figure(beside, 0.99).median / _figure(alone, 0.99).median
    outcome.at_most(f"small reports' p99 beside a job of {rows:,} rows : alone", 3, ratio)
    outcome.notes += budget.notes
    return outcome


@contextmanager
def _running(port: int, submitter: Submitter, large: bytes) -> Iterator[None]:
    """The large job renders for the time of the block.

    Raises:
        RuntimeError: it was not active from the beginning to the end; the figures would say nothing.
    """
    url = f"http://127.0.0.1:{port}/api/v1/reports/{submitter.submit(large)}"

    def job() -> dict[str, Any]:
        found: dict[str, Any] = httpx.get(url, trust_env=False).json()
        return found

    deadline = time.monotonic() + START_SECONDS
    while (now := job())["state"] != "active" or "row" not in (now["stage"] or ""):
        if time.monotonic() > deadline:
            raise RuntimeError(f"the large job does not start: {now['state']} {now['stage']}")
        time.sleep(0.02)
    yield
    if (now := job())["state"] != "active":
        raise RuntimeError(f"the large job ended too early: {now['state']} {now.get('failedReason')}")
    httpx.post(f"{url}/cancel", trust_env=False)
    time.sleep(0.5)  # its child is replaced by a new one


def _large(port: int, rows: int) -> bytes:
    """The body of a job over an uploaded dataset."""
    lines = "".join(f"Item {n},{n},{n * 1.25},2026-01-31\n" for n in range(rows))
    answer = httpx.post(
        f"http://127.0.0.1:{port}/api/v1/datasets",
        content=("item,quantity,amount,day\n" + lines).encode(),
        headers={"Content-Type": "text/csv", "X-File-Name": "rows.csv"},
        trust_env=False,
        timeout=300,
    )
    answer.raise_for_status()
    data = {"dataset": answer.json()["datasetId"]}
    body = {"reportType": "table", "data": data, "timeoutSeconds": 3600}
    return json.dumps(body).encode()


def _once(submitter: Submitter, completions: Completions) -> float:
    began = time.perf_counter()
    return (completions.wait(submitter.submit(REPORT)) - began) * 1000


def _row(rounds: list[list[float]]) -> list[Figure]:
    return [_figure(rounds, share) for share in (0.5, 0.95, 0.99)]


def _figure(rounds: list[list[float]], share: float) -> Figure:
    return Figure(tuple(quantile(taken, share) for taken in rounds))


if __name__ == "__main__":
    run_alone(measure, "noisy")
