"""The systems that take reports over HTTP and make PDFs: Pressroom and its peers, all on one Redis."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import redis as sync_redis

from benchmarks.kit.processes import Group, group
from benchmarks.peers.install import NODE_ROOM, PEER_PYTHON, chromium
from shared.launcher.embedded_redis import EmbeddedRedis
from shared.settings import CHECKOUT
from tests.e2e.client import free_ports
from tests.e2e.stack import Stack

PATH = "/api/v1/reports/generate"
#: render processes of every system
RENDERERS = 2
WAIT_SECONDS = 300.0


@dataclass
class System:
    """A running system."""

    name: str
    #: of its HTTP server
    port: int
    #: how many of its reports are done
    done: Callable[[], int]
    #: its processes; None for Pressroom, which is never stood still
    processes: Group | None = None

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
def pressroom(folder: Path, url: str, **env: str) -> Iterator[System]:
    """Our stack as `make run` starts it, but with one worker of two slots unless `env` says otherwise."""
    settings = {"PRESSROOM_WORKERS": "1", "PRESSROOM_WORKER_CONCURRENCY": str(RENDERERS), **env}
    with Stack(folder / "pressroom", REDIS_URL=url, **settings) as stack:
        stack.start()
        client = sync_redis.Redis.from_url(url)
        yield System("Pressroom", stack.producer_port, lambda: int(client.zcard("report:index:completed")))
        client.close()


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
        client = sync_redis.Redis.from_url(url)
        yield System(
            f"Express + BullMQ + {kind}", port, lambda: int(client.zcard("bull:reports:completed")), processes
        )
        client.close()


@contextmanager
def arq(folder: Path, url: str, renderer: str, poll_seconds: float, database: int) -> Iterator[System]:
    """FastAPI and stock arq, one worker process a core."""
    name = f"arq-{renderer}-{poll_seconds}"
    env = {"POLL": str(poll_seconds), "RENDERER": renderer}
    worker = (sys.executable, "-m", "arq", "benchmarks.peers.python.arq_worker.WorkerSettings")
    label = f"FastAPI + stock arq + {renderer}, poll {poll_seconds * 1000:g} ms"
    with _python(folder, url, name, database, sys.executable, "arq_app", worker, env) as system:
        system.name = label
        yield system


@contextmanager
def saq(folder: Path, url: str) -> Iterator[System]:
    """FastAPI and SAQ, one worker process a core."""
    worker = (str(PEER_PYTHON), "-m", "saq", "benchmarks.peers.python.saq_app.settings")
    with _python(folder, url, "saq", 8, str(PEER_PYTHON), "saq_app", worker, {}) as system:
        system.name = "FastAPI + SAQ + platypus"
        yield system


@contextmanager
def _python(
    folder: Path,
    url: str,
    name: str,
    database: int,
    python: str,
    app: str,
    worker: tuple[str, ...],
    env: dict[str, str],
) -> Iterator[System]:
    (port,), pdfs = free_ports(1), _folder(folder, name)
    env = {**env, "REDIS_URL": url.replace("/0", f"/{database}"), "FOLDER": str(pdfs)}
    serve = ("-m", "uvicorn", f"benchmarks.peers.python.{app}:app", "--port", str(port), "--no-access-log")
    with group(folder / f"{name}.log") as processes:
        processes.start((python, *serve), env, CHECKOUT)
        for _ in range(RENDERERS):
            processes.start(worker, env, CHECKOUT)
        processes.wait_ready(port)
        yield System(name, port, lambda: sum(1 for _ in pdfs.glob("*.pdf")), processes)


@contextmanager
def all_at_once(starts: list[Callable[[], object]]) -> Iterator[tuple[list[System], list[str]]]:
    """Starts all; yields those that run and, for each that does not, why. Peers stand still at first."""
    systems: list[System] = []
    missing: list[str] = []
    with ExitStack() as stack:
        for start in starts:
            try:
                system = stack.enter_context(start())  # type: ignore[arg-type]
            except (RuntimeError, OSError) as error:
                missing.append(str(error))
                continue
            if system.processes:
                system.processes.stand_still()
            systems.append(system)
        yield systems, missing


def _folder(parent: Path, name: str) -> Path:
    folder = parent / name
    folder.mkdir(parents=True)
    return folder
