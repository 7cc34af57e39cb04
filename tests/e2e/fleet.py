"""Redis, schedulers and workers as bare processes, for tests and measurements that kill and freeze them.

There is no launcher that would start again what ends, and no HTTP in the way: the queue is asked directly.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Self

from pydantic_core import from_json

from shared.job import FINISHED_STATES, Job, JobSpec, JobState
from shared.launcher.embedded_redis import EmbeddedRedis
from shared.launcher.tether import tethered
from shared.queue import keys
from shared.queue.commands import QueueCommands, new_job_id
from shared.queue.reads import QueueReads
from shared.redis import connect
from shared.settings import CHECKOUT, Settings
from tests.e2e.client import free_ports
from tests.e2e.stack import render_children

POLL_SECONDS = 0.005
WAIT_SECONDS = 60.0


class Fleet:
    """An async context manager; ends what it started."""

    def __init__(self, folder: Path, **env: str) -> None:
        self.folder = folder
        self.server = EmbeddedRedis(folder / "redis")
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self._env = env
        self._started = 0

    async def __aenter__(self) -> Self:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.server.start()
        self.settings = Settings(redis_url=self.server.url, storage_url=(self.folder / "uploads").as_uri())
        self.redis = connect(self.settings, "fleet")
        self.commands, self.reads = QueueCommands(self.redis), QueueReads(self.redis)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.redis.aclose()
        for process in self.processes.values():
            for number in (signal.SIGCONT, signal.SIGKILL):
                with contextlib.suppress(ProcessLookupError):
                    process.send_signal(number)
            process.wait()
        self.server.stop()

    def start(self, module: str, **env: str) -> str:
        """Starts a service and does not wait; its name. A worker's name is its id."""
        self._started += 1
        name = f"{module}-{self._started}"
        inherited = {
            key: value
            for key, value in os.environ.items()
            if key != "REDIS_URL" and not key.startswith("PRESSROOM_")
        }
        mine = {
            "REDIS_URL": self.server.url,
            "PRESSROOM_STORAGE_URL": (self.folder / "uploads").as_uri(),
            "PRESSROOM_WORKER_PORT": str(free_ports(1)[0]),
            "PRESSROOM_WORKER_CONCURRENCY": "1",
        }
        if module == "worker":
            mine["PRESSROOM_WORKER_ID"] = name
        with (self.folder / f"{name}.txt").open("ab") as output:
            self.processes[name] = subprocess.Popen(
                tethered([sys.executable, "-m", module], signal.SIGKILL),
                cwd=CHECKOUT,
                env={**inherited, **mine, **self._env, **env},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        return name

    async def start_worker(self, **env: str) -> str:
        """Starts a worker and waits until it is there and waits for work."""
        name = self.start("worker", **env)
        await until(lambda: self.is_idle(name), f"{name} waits for work")
        return name

    async def start_scheduler(self, **env: str) -> str:
        """Starts a scheduler and waits until some scheduler leads."""
        name = self.start("scheduler", **env)
        await until(self.reads.scheduler, f"{name} or another one leads")
        return name

    def signal(self, name: str, number: signal.Signals) -> None:
        """Sends a signal to one process."""
        self.processes[name].send_signal(number)

    def children_of(self, name: str) -> list[int]:
        """The render children of a worker."""
        return render_children(self.processes[name].pid)

    async def submit(self, rows: int, **changes: Any) -> str:
        """A table of so many rows of Hebrew, whose shaping takes time: 10,000 of them about a second."""
        data = {"rows": [{"n": number, "words": f"שלום {number}"} for number in range(rows)]}
        spec = JobSpec(**{"job_id": new_job_id(), "report_type": "table", "data": data, **changes})
        return (await self.commands.submit(spec)).job_id

    async def rendering(self, job_id: str, after: str = "") -> Job:
        """The job once its render makes progress, under another worker than `after`."""

        async def seen() -> Job | None:
            job = await self.reads.job(job_id)
            if job and job.state is JobState.ACTIVE and job.progress > 0 and job.worker_id != after:
                return job
            return None

        return await until(seen, f"{job_id} makes progress")

    async def ended(self, job_id: str) -> Job:
        """The job once it has ended."""

        async def seen() -> Job | None:
            job = await self.reads.job(job_id)
            return job if job and job.state in FINISHED_STATES else None

        return await until(seen, f"{job_id} ends")

    async def events(self, job_id: str) -> list[tuple[int, str]]:
        """The timeline: when, on Redis's clock in ms, and what."""
        lines = [from_json(raw) for raw in await self.redis.lrange(keys.log(job_id), 0, -1)]
        return [(int(line[0]), str(line[1])) for line in lines]

    async def event(self, job_id: str, name: str, number: int = 1) -> int:
        """When an event came for the `number`th time, once it has."""

        async def seen() -> int | None:
            times = [at for at, event in await self.events(job_id) if event == name]
            return times[number - 1] if len(times) >= number else None

        return await until(seen, f"{name} of {job_id}")

    async def says(self, name: str, text: str) -> bool:
        """Whether a process has logged a text."""
        return text in (self.folder / f"{name}.txt").read_text(errors="replace")

    async def cut(self, worker: str) -> int:
        """Cuts all of a worker's connections; how many there were."""
        listing = await self.redis.execute_command("CLIENT", "LIST")
        mine = [line for line in listing.decode().splitlines() if f"name=pressroom:worker:{worker} " in line]
        for line in mine:
            number = line.split()[0].removeprefix("id=")
            await self.redis.execute_command("CLIENT", "KILL", "ID", number)
        return len(mine)

    async def is_idle(self, worker: str) -> bool:
        """Whether a worker waits for work."""
        listing = (await self.redis.execute_command("CLIENT", "LIST")).decode()
        return any(
            f"name=pressroom:worker:{worker} " in line and "cmd=blpop" in line
            for line in listing.splitlines()
        )


async def until(probe: Callable[[], Awaitable[Any]], what: str, seconds: float = WAIT_SECONDS) -> Any:
    """The first answer that is not false."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if answer := await probe():
            return answer
        await asyncio.sleep(POLL_SECONDS)
    raise AssertionError(f"not within {seconds:g} s: {what}")


def is_gone(pid: int) -> bool:
    """Whether a process has ended; a zombie has."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True
