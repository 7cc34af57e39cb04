"""HTTP to PDF through the real stack: `python -m benchmarks.pipeline [--jobs N] [--workers N] [--clients N]`.

Starts the stack of `make run` on free ports in a temporary folder, with its defaults (Redis syncs every write
to its append-only file). Two rounds of a one-page report:
- one at a time: how long a job takes from its submission until it has completed, both by Redis's clock
- many clients at once: completed jobs per second, from the first POST to the last completion
"""

from __future__ import annotations

import argparse
import asyncio
import os
import platform
import signal
import statistics
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx

from tests.e2e.client import SALES, eventually
from tests.e2e.stack import Stack

WARM_UP_JOBS = 20
ONE_BY_ONE_JOBS = 100


def main() -> None:
    """Measures and prints."""
    options = _options()
    with tempfile.TemporaryDirectory(prefix="pressroom-bench-") as folder:
        stack = Stack(
            Path(folder) / "stack", PRESSROOM_WORKERS=str(options.workers), PRESSROOM_LOG_LEVEL="warning"
        )
        with stack.start():
            for _ in range(WARM_UP_JOBS):
                stack.completed(stack.submit())
            latencies_ms = sorted(
                _latency_ms(stack.completed(stack.submit())) for _ in range(ONE_BY_ONE_JOBS)
            )
            jobs_per_second = _throughput(stack, options.jobs, options.clients)
            stack.stop(signal.SIGINT)
    quantiles = statistics.quantiles(latencies_ms, n=20)
    _say(f"{platform.machine()}, {os.cpu_count()} CPUs, Python {platform.python_version()}")
    _say(f"{options.workers} workers, one-page sales report, POST to stored PDF")
    _say(f"one at a time ({ONE_BY_ONE_JOBS} jobs): p50 {quantiles[9]:.1f} ms, p95 {quantiles[18]:.1f} ms")
    _say(f"{options.clients} clients ({options.jobs} jobs): {jobs_per_second:.0f} jobs/s")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pipeline")
    parser.add_argument("--jobs", type=int, default=1000, help="jobs of the round with many clients")
    parser.add_argument("--workers", type=int, default=2, help="worker processes")
    parser.add_argument("--clients", type=int, default=16, help="HTTP clients that submit at once")
    return parser.parse_args()


def _latency_ms(job: dict[str, Any]) -> float:
    created, finished = (datetime.fromisoformat(job[name]) for name in ("createdAt", "finishedAt"))
    return (finished - created).total_seconds() * 1000


def _throughput(stack: Stack, jobs: int, clients: int) -> float:
    def completed() -> int:
        count: int = stack.get(stack.dashboard_port, "/api/stats").json()["counts"]["completed"]
        return count

    expected = completed() + jobs
    began = time.perf_counter()
    asyncio.run(_submit_all(stack.producer_port, jobs, clients))
    eventually(lambda: completed() >= expected, f"{jobs} jobs complete", seconds=600)
    return jobs / (time.perf_counter() - began)


async def _submit_all(port: int, jobs: int, clients: int) -> None:
    numbers = iter(range(jobs))
    url = f"http://127.0.0.1:{port}/api/v1/reports/generate"

    async def client() -> None:
        async with httpx.AsyncClient(trust_env=False, timeout=60) as http:
            for _ in numbers:
                (await http.post(url, json=SALES)).raise_for_status()

    await asyncio.gather(*(client() for _ in range(clients)))


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    main()
