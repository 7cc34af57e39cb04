"""The systems that take reports over HTTP and make PDFs: Pressroom and its peers, all on one Redis."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import redis as sync_redis

from benchmarks.kit.processes import group, signal_tree, wake_at_the_end
from benchmarks.peers.install import NODE_ROOM, PEER_PYTHON, chromium
from shared.launcher.embedded_redis import EmbeddedRedis
from shared.settings import CHECKOUT
from tests.e2e.client import free_ports
from tests.e2e.stack import Stack

PATH = "/api/v1/reports/generate"
#: render processes of every system
RENDERERS = 2
WAIT_SECONDS = 40.0
#: after `go_on`: enough for a heartbeat and a blocked read to come back
SETTLE_SECONDS = 0.2


@dataclass
class System:
    """A running system."""

    name: str
    #: of its HTTP server
    port: int
    #: how many of its reports are done
    done: Callable[[], int]
    #: its processes, without those below them
    roots: Callable[[], list[int]]
    #: where its PDFs appear, perhaps further below
    folder: Path
    #: how it makes sure that a finished PDF is there after a power failure
    durability: str = "no fsync of the PDF"

    def wait_done(self, count: int) -> None:
        """Waits until that many reports are done.

        Raises:
            RuntimeError: not in time.
        """
        deadline = time.monotonic() + WAIT_SECONDS
        while self.done() < count:
            if time.monotonic() > deadline:
                raise RuntimeError(f"{self.name}: {self.done()} of {count} reports are done")
            time.sleep(0.01)

    def stand_still(self) -> None:
        """Takes no processor time until `go_on`."""
        signal_tree(self.roots(), signal.SIGSTOP)

    def go_on(self) -> None:
        """After `stand_still`; returns when it answers again."""
        signal_tree(self.roots(), signal.SIGCONT)
        time.sleep(SETTLE_SECONDS)
        httpx.get(f"http://127.0.0.1:{self.port}/ready", trust_env=False, timeout=10).raise_for_status()


Start = Callable[[], AbstractContextManager[System]]


@contextmanager
def alone(system: System) -> Iterator[System]:
    """Lets a system that stands still work for the time of the block."""
    try:
        system.go_on()
        yield system
    finally:
        system.stand_still()


@contextmanager
def embedded_redis(folder: Path) -> Iterator[EmbeddedRedis]:
    """The server of `make run`, with its append-only file synced at every write, for all systems alike."""
    server = EmbeddedRedis(folder / "redis")
    server.start()
    try:
        yield server
    finally:
        server.stop()


@contextmanager
def pressroom(folder: Path, url: str, name: str = "Pressroom", **env: str) -> Iterator[System]:
    """Our stack as `make run` starts it, but with one worker of two slots unless `env` says otherwise."""
    settings = {"PRESSROOM_WORKERS": "1", "PRESSROOM_WORKER_CONCURRENCY": str(RENDERERS), **env}
    with Stack(folder / "pressroom", REDIS_URL=url, **settings) as stack:
        stack.start()
        process = stack.process
        if process:
            wake_at_the_end(process.pid)
        try:
            yield System(
                name,
                stack.producer_port,
                counter(url, "report:index:completed"),
                lambda: [process.pid] if process else [],
                folder / "pressroom" / "uploads",
                "fsync of the PDF and its folder before a job counts as completed",
            )
        finally:
            if process:
                signal_tree([process.pid], signal.SIGCONT)  # so that it can be asked to end


@contextmanager
def bullmq(folder: Path, url: str, kind: str) -> Iterator[System]:
    """Express and BullMQ with workers that render by `kind`: pdfkit, chromium, noop."""
    (port,), pdfs = free_ports(1), _folder(folder, f"bullmq-{kind}")
    with group(folder / f"bullmq-{kind}.log") as processes:
        env = {"CHROMIUM": chromium() or "", "NODE_ENV": "production"}
        # a queue of its own in a database of its own
        url = url.replace("/0", {"pdfkit": "/1", "chromium": "/2", "noop": "/3"}[kind])
        processes.start(("node", "accept.js", str(port), url), env, NODE_ROOM)
        for _ in range(RENDERERS):
            processes.start(("node", "worker.js", kind, url, str(pdfs)), env, NODE_ROOM)
        processes.wait_ready(port)
        yield System(
            f"Express + BullMQ + {kind}",
            port,
            counter(url, "bull:reports:completed"),
            processes.pids,
            pdfs,
        )


def arq(
    folder: Path, url: str, renderer: str, poll_seconds: float, database: int
) -> AbstractContextManager[System]:
    """FastAPI and stock arq, one worker process a core."""
    env = {"POLL": str(poll_seconds), "RENDERER": renderer}
    worker = (sys.executable, "-m", "arq", "benchmarks.peers.python.arq_worker.WorkerSettings")
    label = f"FastAPI + stock arq + {_RENDERER[renderer]}, poll {poll_seconds * 1000:g} ms"
    return _python(folder, url, label, database, sys.executable, "arq_app", [worker] * RENDERERS, env)


def saq(folder: Path, url: str) -> AbstractContextManager[System]:
    """FastAPI and SAQ, one worker process a core."""
    worker = (str(PEER_PYTHON), "-m", "saq", "benchmarks.peers.python.saq_app.settings")
    workers = [worker] * RENDERERS
    return _python(folder, url, "FastAPI + SAQ + platypus", 8, str(PEER_PYTHON), "saq_app", workers, {})


def dramatiq(folder: Path, url: str) -> AbstractContextManager[System]:
    """FastAPI and Dramatiq, one worker process a core with one thread: more only fight for the lock."""
    module = "benchmarks.peers.python.dramatiq_app"
    worker = (
        *(str(PEER_PYTHON), "-m", "dramatiq", module),
        *("--processes", str(RENDERERS), "--threads", "1"),
    )
    name = "FastAPI + Dramatiq + platypus"
    return _python(folder, url, name, 9, str(PEER_PYTHON), "dramatiq_app", [worker], {})


_RENDERER = {"platypus": "platypus", "pressroom": "Pressroom's renderer"}


@contextmanager
def _python(
    folder: Path,
    url: str,
    label: str,
    database: int,
    python: str,
    app: str,
    workers: list[tuple[str, ...]],
    env: dict[str, str],
) -> Iterator[System]:
    (port,), pdfs = free_ports(1), _folder(folder, f"{app}-{database}")
    env = {**env, "REDIS_URL": url.replace("/0", f"/{database}"), "FOLDER": str(pdfs)}
    serve = ("-m", "uvicorn", f"benchmarks.peers.python.{app}:app", "--port", str(port), "--no-access-log")
    with group(folder / f"{app}-{database}.log") as processes:
        processes.start((python, *serve), env, CHECKOUT)
        for worker in workers:
            processes.start(worker, env, CHECKOUT)
        processes.wait_ready(port)
        yield System(label, port, lambda: _count(pdfs), processes.pids, pdfs)


@contextmanager
def all_at_once(starts: dict[str, Start]) -> Iterator[tuple[list[System], list[str]]]:
    """Starts all, which stand still at first; yields those that run and, for each that does not, why."""
    systems: list[System] = []
    missing: list[str] = []
    with ExitStack() as stack:
        for name, start in starts.items():
            try:
                system = stack.enter_context(start())
            except Exception as error:
                missing.append(f"{name}: {error}")
                continue
            system.stand_still()
            systems.append(system)
        yield systems, missing


def counter(url: str, key: str) -> Callable[[], int]:
    """How many members the sorted set has, whenever it is asked."""
    client = sync_redis.Redis.from_url(url)
    return lambda: int(client.zcard(key))


def _count(folder: Path) -> int:
    return sum(entry.suffix == ".pdf" for entry in folder.iterdir())


def _folder(parent: Path, name: str) -> Path:
    folder = parent / name
    folder.mkdir(parents=True)
    return folder
