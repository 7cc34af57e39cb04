"""The dashboard over a long history: `python -m benchmarks.dashboard [--jobs N] [--seconds S] [--streams N]`.

Fills a Redis of its own with finished jobs of the last 30 days (96 % completed, 3 % failed, 1 % cancelled;
seven types, twenty tenants, titles and results of real size), written by the moves of the queue, its clock
set back, and starts `python -m dashboard` on it. Then:
- each call at 20 requests/s, all at the times they are due: p50, p95, the slowest, and the processor time of
  one request, which depends less on what else the machine does
- memory per finished job: what Redis holds, less the payloads, by the number of jobs
- idle event streams: processor time of the dashboard while nothing happens
"""

from __future__ import annotations

import argparse
import asyncio
import os
import platform
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from importlib import resources
from pathlib import Path
from typing import Any

import httpx
import orjson
import redis

from shared.launcher.embedded_redis import EmbeddedRedis
from tests.e2e.client import eventually, free_ports

REQUESTS_PER_SECOND = 20
DAYS = 30
BATCH = 1000
#: how far back the list is followed
DEEP_PAGE = 1000
TYPES = ("sales", "inventory", "performance", "test", "table", "invoice", "document")
TENANTS = tuple(f"tenant-{number:02}" for number in range(20))
WORDS = (
    "Sales",
    "of",
    "March",
    "North",
    "South",
    "weekly",
    "stock",
    "invoice",
    "Müller",
    "Q3",
    "draft",
    "store",
)


def main() -> None:
    """Fills, measures and prints."""
    options = _options()
    with tempfile.TemporaryDirectory(prefix="pressroom-bench-") as folder:
        server = EmbeddedRedis(Path(folder) / "redis", append_only=False)
        with server:
            began = time.monotonic()
            per_job, payload = _fill(server.url, options.jobs)
            _say(f"{platform.machine()}, {os.cpu_count()} CPUs, Python {platform.python_version()}")
            _say(f"{options.jobs:,} finished jobs over {DAYS} days, made in {time.monotonic() - began:.0f} s")
            _say(f"memory per finished job beside its payload: {per_job:,.0f} bytes (payload {payload:,.0f})")
            with _dashboard(server.url, folder) as (url, pid):
                asyncio.run(_measure_calls(url, options.seconds, (pid, server.pid or 0)))
                share = asyncio.run(_measure_streams(url, pid, options.streams))
                _say(f"{options.streams} idle event streams: {share * 100:.1f} % of a core")
                after = redis.Redis.from_url(server.url)
                used = after.info("memory")["used_memory"]
                _say(f"memory of Redis: {used / 1e6:,.0f} MB")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.dashboard")
    parser.add_argument("--jobs", type=int, default=1_000_000, help="finished jobs in Redis")
    parser.add_argument("--seconds", type=float, default=10, help="how long each call is measured")
    parser.add_argument("--streams", type=int, default=200, help="idle event streams")
    return parser.parse_args()


def _fill(url: str, jobs: int) -> tuple[float, float]:
    """Bytes per job without and of its payload, as Redis counts them."""
    client = redis.Redis.from_url(url)
    script = client.register_script(_script())
    before = client.info("memory")["used_memory"]
    now_ms = int(time.time() * 1000)
    span_ms = DAYS * 86_400_000
    chance = random.Random(1)  # noqa: S311 - realistic, not secret
    for first in range(0, jobs, BATCH):
        numbers = range(first, min(jobs, first + BATCH))
        rows = [_job(chance, now_ms - span_ms + number * span_ms / jobs) for number in numbers]
        script(keys=["report:queue"], args=[orjson.dumps(rows)])
    for key in client.scan_iter("report:history:minute:*", 1000):
        if int(key.rpartition(b":")[2]) < now_ms - 2 * 86_400_000:
            client.delete(key)  # would have expired
    _seal(client)
    used = client.info("memory")["used_memory"] - before
    sample = [key for key, _ in zip(client.scan_iter("arq:job:*", 1000), range(1000), strict=False)]
    payload = statistics.mean(client.memory_usage(key) for key in sample)
    return used / jobs - payload, payload


def _script() -> str:
    library = (resources.files("shared.queue") / "lua" / "_lib.lua").read_text()
    return library + (Path(__file__).parent / "history.lua").read_text()


def _seal(client: redis.Redis) -> None:
    """Deflates the full chunks of the search text, as the scheduler does when they are full."""
    for number, _ in client.zrange("report:text", 0, -2, withscores=True):
        raw = client.get(b"report:text:" + number)
        if raw:
            client.set(b"report:textz:" + number, zlib.compress(raw, 6))
            client.delete(b"report:text:" + number)


def _job(chance: random.Random, created: float) -> list[Any]:
    job_id = f"{chance.getrandbits(128):032x}"
    kind = chance.choices(TYPES, (40, 20, 15, 10, 8, 5, 2))[0]
    state = chance.choices(("completed", "failed", "cancelled"), (96, 3, 1))[0]
    title = " ".join(chance.choices(WORDS, k=4))
    payload = {
        "t": None,
        "f": "generate-report",
        "a": [],
        "k": {"reportType": kind, "data": {"period": "2026-03", "revenue": 1250000}, "title": title},
        "et": int(created),
    }
    result = {
        "success": True,
        "reportUrl": f"/uploads/{kind}-{job_id}-f1.pdf",
        "fileName": f"{kind}-{job_id}-f1.pdf",
        "fileSize": chance.randrange(8_000, 400_000),
        "pages": chance.randrange(1, 40),
        "sha256": f"{chance.getrandbits(256):064x}",
        "rowsReceived": 40,
        "rowsRendered": 40,
        "warnings": [],
        "renderMs": round(chance.uniform(3, 900), 1),
        "peakRssMb": 71.5,
    }
    return [
        *(job_id, kind, chance.choice(TENANTS), title, f"worker-{chance.randrange(1, 5)}-a1b2c3", state),
        *(created, chance.randrange(1, 4000), chance.randrange(5, 1500)),
        *(orjson.dumps(payload).decode(), orjson.dumps(result).decode()),
        f"data.rows.{chance.randrange(900)}.price: must be a number",
    ]


@contextmanager
def _dashboard(redis_url: str, folder: str) -> Iterator[tuple[str, int]]:
    (port,) = free_ports(1)
    settings = {
        "REDIS_URL": redis_url,
        "PRESSROOM_DASHBOARD_PORT": str(port),
        "PRESSROOM_STORAGE_URL": (Path(folder) / "uploads").as_uri(),
        "PRESSROOM_LOG_LEVEL": "warning",
    }
    process = subprocess.Popen([sys.executable, "-m", "dashboard"], env={**os.environ, **settings})
    url = f"http://127.0.0.1:{port}"
    try:
        eventually(lambda: httpx.get(f"{url}/ready").status_code == 200, "the dashboard is ready")
        yield url, process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()


async def _measure_calls(url: str, seconds: float, pids: tuple[int, int]) -> None:
    async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=30) as http:
        deep = await _cursor_of(http, DEEP_PAGE)
        day = _iso(timedelta(days=9)), _iso(timedelta(days=8))
        calls: dict[str, tuple[str, dict[str, Any]]] = {
            "/api/stats": ("/api/stats", {}),
            "/api/stats with history": ("/api/stats", {"history": "hour"}),
            "/api/jobs, first page": ("/api/jobs", {"limit": 25}),
            f"/api/jobs, page {DEEP_PAGE:,}": ("/api/jobs", {"limit": 25, "cursor": deep}),
            "failed jobs of a tenant": ("/api/jobs", {"limit": 25, "state": "failed", "tenant": TENANTS[3]}),
            "a tenant's jobs of a type": (
                "/api/jobs",
                {"limit": 25, "reportType": "document", "tenant": TENANTS[3]},
            ),
            "text within a day, common": (
                "/api/jobs",
                {"limit": 25, "q": "müller", "from": day[0], "to": day[1]},
            ),
            "text within a day, rare": (
                "/api/jobs",
                {"limit": 25, "q": "rows.77.price", "from": day[0], "to": day[1]},
            ),
            "text within a day, absent": (
                "/api/jobs",
                {"limit": 25, "q": "no such text", "from": day[0], "to": day[1]},
            ),
        }
        for name, (path, params) in calls.items():
            count = round(seconds * REQUESTS_PER_SECOND)
            before = [_cpu_seconds(pid) for pid in pids]
            times = await _at_a_rate(http, path, params, count)
            spent = [
                (_cpu_seconds(pid) - start) / count * 1000 for pid, start in zip(pids, before, strict=True)
            ]
            cuts = statistics.quantiles(times, n=20)
            _say(
                f"{name}: p50 {cuts[9]:.1f} ms, p95 {cuts[18]:.1f} ms, slowest {max(times):.1f} ms; "
                f"processor time {spent[0]:.1f} ms in the dashboard, {spent[1]:.1f} ms in Redis"
            )


async def _cursor_of(http: httpx.AsyncClient, page: int) -> str:
    cursor = ""
    for _ in range(page - 1):
        params = {"limit": "25"} | ({"cursor": cursor} if cursor else {})
        cursor = (await http.get("/api/jobs", params=params)).json()["nextCursor"]
    return cursor


async def _at_a_rate(http: httpx.AsyncClient, path: str, params: dict[str, Any], count: int) -> list[float]:
    """Milliseconds of each request, from when it was due."""
    loop = asyncio.get_running_loop()
    began = loop.time()

    async def one(number: int) -> float:
        due = began + number / REQUESTS_PER_SECOND
        await asyncio.sleep(due - loop.time())
        (await http.get(path, params=params)).raise_for_status()
        return (loop.time() - due) * 1000

    return await asyncio.gather(*(one(number) for number in range(count)))


async def _measure_streams(url: str, pid: int, count: int, seconds: float = 20) -> float:
    """Share of a core that the dashboard uses."""
    limits = httpx.Limits(max_connections=count)
    async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=None, limits=limits) as http:  # noqa: S113
        ready = asyncio.Semaphore(0)

        async def follow() -> None:
            async with http.stream("GET", "/api/events") as answer:
                lines = answer.aiter_lines()
                await anext(lines)
                ready.release()
                async for _ in lines:
                    pass

        streams = [asyncio.create_task(follow()) for _ in range(count)]
        for _ in range(count):
            await ready.acquire()
        before = _cpu_seconds(pid)
        await asyncio.sleep(seconds)
        used = _cpu_seconds(pid) - before
        for stream in streams:
            stream.cancel()
        await asyncio.gather(*streams, return_exceptions=True)
    return used / seconds


def _cpu_seconds(pid: int) -> float:
    """Processor time of a process so far, from its /proc entry."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _iso(ago: timedelta) -> str:
    return (datetime.now(UTC) - ago).isoformat(timespec="seconds").replace("+00:00", "Z")


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
