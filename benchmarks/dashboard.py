"""The dashboard over a long history: `python -m benchmarks.dashboard [--jobs N] [--days N] [--seconds S]`.

Fills a Redis of its own with finished jobs (1,000,000 over the last 7 days: 143,000 a day; 96 % completed,
3 % failed, 1 % cancelled; seven types, twenty tenants, titles and results of real size) and starts
`python -m dashboard` on it. Then:
- each call at 20 requests/s, all at the times they are due, the text that is searched for another one each
  time: p50, p95, the slowest, and the processor time of one request, which depends less on what else the
  machine does
- the longest single command in Redis: so long a worker's claim may have to wait behind the dashboard
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
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import redis

from benchmarks.kit.history import TENANTS, WORDS, fill
from shared.launcher.embedded_redis import EmbeddedRedis
from tests.e2e.client import eventually, free_ports

REQUESTS_PER_SECOND = 20
#: how far back the list is followed
DEEP_PAGE = 1000
#: Redis commands that take longer than this are noted, in microseconds
NOTED_MICROSECONDS = 1000

#: the query of a request, by its number
Params = Callable[[int], dict[str, Any]]


def main() -> None:
    """Fills, measures and prints."""
    options = _options()
    with tempfile.TemporaryDirectory(prefix="pressroom-bench-") as folder:
        server = EmbeddedRedis(Path(folder) / "redis", append_only=False)
        with server:
            _say(
                f"{platform.machine()}, {os.cpu_count()} CPUs, Python {platform.python_version()}, {_load()}"
            )
            filled = fill(server.url, options.jobs, options.days)
            _say(f"{options.jobs:,} finished jobs over {options.days:g} days, made in {filled.seconds:.0f} s")
            _say(
                f"memory per finished job beside its payload: {filled.record_bytes:,.0f} bytes "
                f"(payload {filled.payload_bytes:,.0f})"
            )
            with _dashboard(server.url, folder) as (url, pid):
                _watch_commands(server.url)
                asyncio.run(_measure_calls(url, options, (pid, server.pid or 0)))
                _say(f"longest commands in Redis: {_longest_commands(server.url)}")
                share = asyncio.run(_measure_streams(url, pid, options.streams))
                _say(f"{options.streams} idle event streams: {share * 100:.1f} % of a core")
                _say(f"memory of the dashboard: {_rss_mb(pid):,.0f} MB")
            _say(f"at the end: {_load()}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.dashboard")
    parser.add_argument("--jobs", type=int, default=1_000_000, help="finished jobs in Redis")
    parser.add_argument("--days", type=float, default=7, help="the days over which they are spread")
    parser.add_argument("--seconds", type=float, default=10, help="how long each call is measured")
    parser.add_argument("--streams", type=int, default=200, help="idle event streams")
    return parser.parse_args()


def _watch_commands(url: str) -> None:
    client = redis.Redis.from_url(url)
    client.config_set("slowlog-log-slower-than", NOTED_MICROSECONDS)
    client.config_set("slowlog-max-len", 1000)
    client.slowlog_reset()
    client.close()


def _longest_commands(url: str) -> str:
    """The three longest, with their times."""
    client = redis.Redis.from_url(url)
    entries = client.slowlog_get(1000)
    client.close()
    longest = sorted(entries, key=lambda entry: -entry["duration"])[:3]
    found = [
        f"{entry['duration'] / 1000:.1f} ms {entry['command'][:12].decode('utf-8', 'replace')}"
        for entry in longest
    ]
    return f"{', '.join(found) or 'none'}; {len(entries)} over {NOTED_MICROSECONDS / 1000:g} ms"


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


async def _measure_calls(url: str, options: argparse.Namespace, pids: tuple[int, int]) -> None:
    async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=30) as http:
        deep = await _cursor_of(http, DEEP_PAGE)
        for name, (path, params) in _calls(deep).items():
            count = round(options.seconds * REQUESTS_PER_SECOND)
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


def _calls(deep: str) -> dict[str, tuple[str, Params]]:
    """What is measured: path, and the query by the number of the request."""
    chance = random.Random(1)  # noqa: S311 - realistic, not secret
    day = {"limit": 25, "from": _iso(timedelta(days=3)), "to": _iso(timedelta(days=2))}

    def text(make: Callable[[], str]) -> Params:
        return lambda _: {**day, "q": make()}

    return {
        "/api/stats": ("/api/stats", lambda _: {}),
        "/api/stats with history": ("/api/stats", lambda _: {"history": "hour"}),
        "/api/jobs, first page": ("/api/jobs", lambda _: {"limit": 25}),
        f"/api/jobs, page {DEEP_PAGE:,}": ("/api/jobs", lambda _: {"limit": 25, "cursor": deep}),
        "failed jobs of a tenant": (
            "/api/jobs",
            lambda n: {"limit": 25, "state": "failed", "tenant": TENANTS[n % len(TENANTS)]},
        ),
        "a tenant's jobs of a rare type": (
            "/api/jobs",
            lambda n: {"limit": 25, "reportType": "document", "tenant": TENANTS[n % len(TENANTS)]},
        ),
        "text within a day, common (a word of a title)": (
            "/api/jobs",
            text(lambda: chance.choice(WORDS).upper()),
        ),
        "text within a day, rare (three words of a title)": (
            "/api/jobs",
            text(lambda: " ".join(chance.choices(WORDS, k=3))),
        ),
        "text within a day, of a failure": (
            "/api/jobs",
            text(lambda: f"rows.{chance.randrange(900)}.price"),
        ),
        "text within a day, absent": ("/api/jobs", text(lambda: f"no such text {chance.random()}")),
        "text within a day, absent, digits like an id": (
            "/api/jobs",
            text(lambda: f"{chance.getrandbits(48):012x}"),
        ),
    }


async def _cursor_of(http: httpx.AsyncClient, page: int) -> str:
    cursor = ""
    for _ in range(page - 1):
        params = {"limit": "25"} | ({"cursor": cursor} if cursor else {})
        cursor = (await http.get("/api/jobs", params=params)).json()["nextCursor"]
    return cursor


async def _at_a_rate(http: httpx.AsyncClient, path: str, params: Params, count: int) -> list[float]:
    """Milliseconds of each request, from when it was due."""
    loop = asyncio.get_running_loop()
    began = loop.time()

    async def one(number: int) -> float:
        due = began + number / REQUESTS_PER_SECOND
        await asyncio.sleep(due - loop.time())
        (await http.get(path, params=params(number))).raise_for_status()
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


def _load() -> str:
    return "load " + ", ".join(f"{value:.1f}" for value in os.getloadavg())


def _rss_mb(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def _iso(ago: timedelta) -> str:
    return (datetime.now(UTC) - ago).isoformat(timespec="seconds").replace("+00:00", "Z")


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
