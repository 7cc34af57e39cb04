"""Two workers, two schedulers and their clients before a real Redis, and the model beside it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from random import Random
from typing import TypeVar

from shared.job import JobState
from shared.queue.commands import QueueCommands
from shared.queue.leases import Leases
from shared.queue.maintenance import Maintenance
from shared.queue.reads import QueueReads
from shared.redis import connect
from shared.settings import Settings
from tests.factories import JobFactory
from tests.integration.queue.model import POISON_LIMIT, Model, ModelJob

T = TypeVar("T")
#: so long that no lease ends by itself, however slow the machine is; the model ends them
LEASE_MS = 3_600_000


class Stage:
    """What all actions work with."""

    random: Random

    def __init__(self, settings: Settings) -> None:
        self.loop = asyncio.new_event_loop()
        self.redis = connect(settings, "model")
        self.commands, self.reads = QueueCommands(self.redis), QueueReads(self.redis)
        self.leases = {name: Leases(self.redis, name, LEASE_MS, POISON_LIMIT) for name in ("w1", "w2")}
        self.schedulers = {
            name: Maintenance(self.redis, name, POISON_LIMIT, 600, LEASE_MS / 1000) for name in ("s1", "s2")
        }
        self.factory = JobFactory(self.redis, self.commands, self.leases["w1"])
        self.model = Model()

    def run(self, call: Awaitable[T]) -> T:
        """The answer of a call to Redis."""
        return self.loop.run_until_complete(call)

    def close(self) -> None:
        """Ends the connections."""
        self.run(self.redis.aclose())
        self.loop.close()

    def _job(self, *states: JobState) -> ModelJob | None:
        jobs = self.model.among(*(states or JobState))
        return self.random.choice(jobs) if jobs else None

    def _worker(self) -> str:
        return self.random.choice(list(self.leases))

    def _refused(self, call: Awaitable[object], error: type[Exception]) -> bool:
        try:
            self.run(call)
        except error:
            return True
        return False
