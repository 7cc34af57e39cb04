"""A very large job beside small ones: `python -m benchmarks.noisy`.

Two slots; a table of many rows keeps one of them busy while small reports come one at a time. A round without
the large job goes before each round with it.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path

import httpx

from benchmarks.kit import systems
from benchmarks.kit.documents import as_json, sales_report
from benchmarks.kit.events import OURS, Completions, Submitter
from benchmarks.kit.figures import Figure, quantile, say, table

REPORT = as_json(sales_report())


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.noisy")
    parser.add_argument("--rows", type=int, default=1_000_000, help="rows of the large job")
    parser.add_argument("--jobs", type=int, default=100, help="small reports a round")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    say(measure(options.rows, options.jobs, options.rounds))


def measure(rows: int = 1_000_000, jobs: int = 100, rounds: int = 5) -> str:
    """The table of the results."""
    alone, beside = [], []
    with (
        tempfile.TemporaryDirectory(prefix="pressroom-bench-") as name,
        systems.embedded_redis(Path(name)) as redis,
        systems.pressroom(Path(name), redis.url, PRESSROOM_RENDER_CPU_SECONDS="3600") as system,
    ):
        submitter, completions = Submitter(system.port), Completions(redis.url, OURS)
        large = _large(system.port, rows)
        for _ in range(jobs):
            _once(submitter, completions)
        for _ in range(rounds):
            alone.append([_once(submitter, completions) for _ in range(jobs)])
            job_id = submitter.submit(large)
            time.sleep(0.5)
            beside.append([_once(submitter, completions) for _ in range(jobs)])
            httpx.post(f"http://127.0.0.1:{system.port}/api/v1/reports/{job_id}/cancel", trust_env=False)
        completions.close()
    ratio = _figure(beside, 0.99).median / _figure(alone, 0.99).median
    found = [["alone", *map(str, _row(alone))], [f"beside {rows:,} rows", *map(str, _row(beside))]]
    return table(["small reports", "p50 ms", "p99 ms"], found) + f"\n\np99 beside : p99 alone = {ratio:.2f}"


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
    return [_figure(rounds, 0.5), _figure(rounds, 0.99)]


def _figure(rounds: list[list[float]], share: float) -> Figure:
    return Figure(tuple(quantile(taken, share) for taken in rounds))


if __name__ == "__main__":
    main()
