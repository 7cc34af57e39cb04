"""What a fault works on."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Final

import httpx
from redis.asyncio import Redis

from tests.e2e.faults.cluster import Cluster, Process
from tests.e2e.faults.recorder import Recorder


class NotNow(Exception):
    """A fault found nothing to hurt."""


@dataclass
class Scene:
    """A running stack under observation."""

    cluster: Cluster
    recorder: Recorder
    #: a connection that was authenticated before any fault
    admin: Redis
    rng: random.Random
    #: files that were deleted or damaged after they were published
    destroyed: list[str] = field(default_factory=list)

    async def switch_queue(self, action: str) -> None:
        """Pauses or resumes the queue; repeated until the dashboard has done it."""
        async with httpx.AsyncClient(trust_env=False, timeout=5.0) as client:
            while True:
                with contextlib.suppress(httpx.HTTPError):
                    if (await client.post(f"{self.cluster.dashboard_url}/api/queue/{action}")).is_success:
                        return
                await asyncio.sleep(0.1)

    def any_worker(self) -> Process:
        """A worker that runs."""
        alive = [worker for worker in self.cluster.workers if worker.is_alive]
        if not alive:
            raise NotNow("no worker runs")
        return self.rng.choice(alive)

    def any_child(self) -> int:
        """The process id of a render child."""
        children = self.cluster.children_of(self.any_worker())
        if not children:
            raise NotNow("the worker has no children yet")
        return self.rng.choice(children)

    def any_pdf(self) -> str:
        """The name of a published file that is still whole."""
        names = [str(result["fileName"]) for result in self.recorder.published.values()]
        whole = [name for name in names if name not in self.destroyed]
        if not whole:
            raise NotNow("nothing is published yet")
        return self.rng.choice(whole)


Inflict = Callable[[Scene], AbstractAsyncContextManager[str]]
#: the body of a fault: hurts, yields what it hurt, heals
Body = Callable[[Scene], AsyncIterator[str]]


@dataclass(frozen=True, slots=True)
class FaultKind:
    """One way to hurt the stack."""

    name: str
    #: faults of one lane follow each other, those of different lanes overlap
    lane: str
    #: how long it lasts, in seconds, from … to
    seconds: tuple[float, float]
    inflict: Inflict
    #: needs a volume of its own
    needs_mount: bool = False


LANES: Final = ("processes", "redis", "storage")
