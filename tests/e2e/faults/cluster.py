"""The whole stack as real processes that a test can hurt: kill, freeze, give a wrong clock, a bad volume."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import httpx
from redis.asyncio import Redis

from shared.launcher.embedded_redis import EmbeddedRedis
from shared.launcher.tether import tethered
from shared.settings import CHECKOUT
from tests.e2e.client import free_ports
from tests.e2e.faults.link import Link
from tests.e2e.faults.volume import Volume
from tests.e2e.stack import render_children

WATCH_SECONDS = 0.05
READY_SECONDS = 60.0
STOP_SECONDS = 10.0


@dataclass
class Process:
    """One service; started again whenever it ends, as whatever runs it in production would."""

    name: str
    module: str
    env: dict[str, str] = field(default_factory=dict)
    #: answers `/ready`; None: no HTTP
    port: int | None = None
    #: how wrong its wall clock is
    skew_seconds: float = 0.0
    #: what is between it and Redis; None: nothing
    link: Link | None = None
    popen: subprocess.Popen[bytes] | None = None
    #: a fault ended it, so its death is no news
    doomed: bool = False

    @property
    def pid(self) -> int:
        """The id of the running process."""
        assert self.popen is not None
        return self.popen.pid

    @property
    def is_alive(self) -> bool:
        """Whether it runs or is frozen."""
        return self.popen is not None and self.popen.poll() is None

    def signal(self, number: signal.Signals) -> None:
        """Sends a signal; one that has ended already gets none."""
        if self.is_alive:
            self.popen.send_signal(number)  # type: ignore[union-attr]


class Cluster:
    """Redis, a producer, workers, two schedulers and a dashboard, on ports and in folders of their own."""

    def __init__(
        self,
        folder: Path,
        *,
        workers: int = 2,
        skews: Iterable[float] = (),
        small_volume: bool = True,
        **env: str,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.volume = Volume(folder / "uploads", small=small_volume)
        self.redis = EmbeddedRedis(folder / "redis", append_only=True)
        #: while it exists, fsync is slow in every worker
        self.slow_flag = folder / "slow"
        #: `{service, code}` of every service that ended and was not told to
        self.deaths: list[dict[str, Any]] = []
        ports = free_ports(workers + 2)
        self.producer = Process("producer", "producer", port=ports[0])
        self.dashboard = Process("dashboard", "dashboard", port=ports[1])
        self.workers = [
            Process(f"worker-{number}", "worker", {"PRESSROOM_WORKER_PORT": str(port)}, port)
            for number, port in enumerate(ports[2:], start=1)
        ]
        self.schedulers = [Process(f"scheduler-{number}", "scheduler") for number in (1, 2)]
        for process, skew in zip([*self.workers, *self.schedulers, self.producer], skews, strict=False):
            process.skew_seconds = skew
        linked = [*self.workers, self.producer]
        for process, port in zip(linked, free_ports(len(linked)), strict=True):
            process.link = Link(port)
        inherited = {
            name: value
            for name, value in os.environ.items()
            if name != "REDIS_URL" and not name.startswith("PRESSROOM_")
        }
        self._env = {
            **inherited,
            "PRESSROOM_PRODUCER_PORT": str(ports[0]),
            "PRESSROOM_DASHBOARD_PORT": str(ports[1]),
            "PRESSROOM_STORAGE_URL": self.volume.folder.as_uri(),
            "PRESSROOM_DATA_DIR": str(folder / "data"),
            **env,
        }
        self._watch: asyncio.Task[None] | None = None
        self._helpers: list[subprocess.Popen[bytes]] = []

    @property
    def processes(self) -> list[Process]:
        """Every service."""
        return [self.producer, *self.workers, *self.schedulers, self.dashboard]

    @property
    def producer_url(self) -> str:
        """Base URL of the producer."""
        return f"http://127.0.0.1:{self.producer.port}"

    @property
    def dashboard_url(self) -> str:
        """Base URL of the dashboard."""
        return f"http://127.0.0.1:{self.dashboard.port}"

    def client(self, name: str = "storm") -> Redis:
        """A client of the Redis; the caller closes it."""
        return Redis.from_url(self.redis.url, client_name=name, socket_timeout=30, socket_connect_timeout=5)

    async def __aenter__(self) -> Self:
        try:
            self.redis.start()
            for process in self.processes:
                if process.link is not None and self.redis.port is not None:
                    await process.link.open(self.redis.port)
                self._spawn(process)
            self._watch = asyncio.create_task(self._keep_running())
            await self.ready()
        except BaseException:
            await self.close()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Ends every process, frozen ones included."""
        if self._watch is not None:
            self._watch.cancel()
            await asyncio.gather(self._watch, return_exceptions=True)
        for helper in self._helpers:
            helper.kill()
            helper.wait()
        children = [pid for worker in self.workers for pid in self.children_of(worker)]
        for process in self.processes:
            if process.popen is not None:
                _kill_group(process.pid)
                await asyncio.to_thread(process.popen.wait, STOP_SECONDS)
        for pid in children:
            _kill_group(pid)
        for process in self.processes:
            if process.link is not None:
                await process.link.close()
        if self.redis.pid is not None:
            os.kill(self.redis.pid, signal.SIGCONT)
        self.redis.stop()
        self.volume.close()

    async def ready(self, processes: Iterable[Process] | None = None) -> None:
        """Waits until they answer that they are ready."""
        async with httpx.AsyncClient(trust_env=False, timeout=5.0) as client:
            for process in self.processes if processes is None else processes:
                if process.port is not None:
                    await _answers(client, f"http://127.0.0.1:{process.port}/ready", process.name)

    def children_of(self, worker: Process) -> list[int]:
        """The render children of a worker."""
        if not worker.is_alive:
            return []
        return render_children(worker.pid)

    def kill(self, process: Process) -> None:
        """SIGKILL. The service is started again, as a new process."""
        process.doomed = True
        process.signal(signal.SIGKILL)

    def terminate(self, process: Process) -> None:
        """SIGTERM. The service hands over, ends and is started again."""
        process.doomed = True
        process.signal(signal.SIGTERM)

    @contextlib.asynccontextmanager
    async def frozen(self, pid: int) -> AsyncIterator[None]:
        """SIGSTOP now, SIGCONT at the end.

        A shell holds it: should these tests be killed meanwhile, the shell's input ends and it thaws the
        process, which then gets the signal that its parent's death has sent it.
        """
        helper = subprocess.Popen(
            ["sh", "-c", f"kill -STOP {pid} && echo frozen; read wait; kill -CONT {pid}"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self._helpers.append(helper)
        assert helper.stdin is not None
        assert helper.stdout is not None
        helper.stdout.readline()
        try:
            yield
        finally:
            helper.stdin.close()
            helper.wait()
            helper.stdout.close()
            self._helpers.remove(helper)

    def log(self, name: str) -> str:
        """What a service has printed."""
        path = self.folder / f"{name}.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def _spawn(self, process: Process) -> None:
        command = [sys.executable, "-m", "tests.e2e.faults.service", process.module]
        command += ["--slow", str(self.slow_flag)]
        if process.skew_seconds:
            command += ["--skew", str(process.skew_seconds)]
        with (self.folder / f"{process.name}.log").open("ab") as log:
            process.popen = subprocess.Popen(
                tethered(command, signal.SIGKILL),
                cwd=CHECKOUT,
                env={**self._env, **process.env, "REDIS_URL": self._redis_url(process)},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        process.doomed = False

    def _redis_url(self, process: Process) -> str:
        if process.link is None:
            return self.redis.url
        return self.redis.url.replace(f":{self.redis.port}/", f":{process.link.port}/")

    async def _keep_running(self) -> None:
        while True:
            for process in self.processes:
                if not process.is_alive and process.popen is not None:
                    if not process.doomed:
                        self.deaths.append({"service": process.name, "code": process.popen.returncode})
                    self._spawn(process)
            await asyncio.sleep(WATCH_SECONDS)


async def _answers(client: httpx.AsyncClient, url: str, name: str) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while True:
        with contextlib.suppress(httpx.HTTPError):
            if (await client.get(url)).status_code == httpx.codes.OK:
                return
        assert time.monotonic() < deadline, f"{name} is not ready"
        await asyncio.sleep(0.05)


def _kill_group(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)
