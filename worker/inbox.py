"""Messages to this worker: stop that job, you lost that lease."""

from __future__ import annotations

import asyncio

from arq.connections import ArqRedis
from pydantic_core import from_json

from shared.logs import get_logger
from shared.queue import keys
from shared.redis import unavailable_on_redis_errors
from worker.executor import Executor
from worker.patience import until_redis_is_back

log = get_logger("worker")

#: how long one blocking pop waits on the server, in seconds
BLOCK_SECONDS = 30

_REASONS = {"cancel": "cancelled", "stalled": "lease lost"}


class Inbox:
    """Acts on messages until cancelled. The heartbeat makes up for one that is lost with a connection."""

    def __init__(self, blocking: ArqRedis, worker_id: str, executor: Executor) -> None:
        self._redis, self._key, self._executor = blocking, keys.inbox(worker_id), executor

    async def run(self) -> None:
        """Waits for messages; sits out the times when Redis is away."""
        while True:
            raw = await until_redis_is_back(self._next)
            if raw is not None:
                self._act(raw)

    async def _next(self) -> bytes | None:
        with unavailable_on_redis_errors():
            async with asyncio.timeout(BLOCK_SECONDS + 5):
                answer = await self._redis.execute_command("BLPOP", self._key, BLOCK_SECONDS)
        return answer[1] if answer else None

    def _act(self, raw: bytes) -> None:
        try:
            message = from_json(raw)
            reason, job_id, fence = _REASONS[message["type"]], message["jobId"], message["fence"]
        except (ValueError, KeyError, TypeError):
            log.warning("message not understood", message=repr(raw[:200]))
            return
        self._executor.stop(job_id, reason, fence)
