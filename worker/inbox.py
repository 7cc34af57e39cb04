"""Messages to this worker: stop that job, you lost that lease."""

from __future__ import annotations

import asyncio
from typing import Any

from arq.connections import ArqRedis

from shared.logs import get_logger
from shared.queue import keys
from shared.redis import unavailable_on_redis_errors
from worker.executor import Executor
from worker.patience import until_redis_is_back
from worker.running import CANCELLED, LEASE_LOST

log = get_logger("worker")

#: how long one read waits on the server, in ms, and how much later its answer may come, in seconds;
#: with the longest wait after an error they bound how late a message can come when a connection is cut
BLOCK_MS = 1_000
ANSWER_SECONDS = 0.5
LONGEST_WAIT_SECONDS = 0.3
MAX_MESSAGES = 64

_REASONS = {b"cancel": CANCELLED, b"stalled": LEASE_LOST}


class Inbox:
    """Acts on messages until cancelled.

    Reading takes nothing out: what was sent while a connection was down, or was lost with its answer, is read
    again from where the last read ended. Nothing is asked while no job runs.
    """

    def __init__(self, blocking: ArqRedis, worker_id: str, executor: Executor) -> None:
        self._redis, self._key, self._executor = blocking, keys.inbox(worker_id), executor
        self._last: bytes | str = "0-0"

    async def run(self) -> None:
        """Waits for messages while jobs run; sits out the times when Redis is away."""
        while True:
            await self._executor.busy.wait()
            for message_id, fields in await until_redis_is_back(
                self._next, LONGEST_WAIT_SECONDS, quietly=True
            ):
                self._last = message_id
                self._act(fields)

    async def _next(self) -> list[Any]:
        """Messages after the last one, as ids and flat fields."""
        with unavailable_on_redis_errors():
            async with asyncio.timeout(BLOCK_MS / 1000 + ANSWER_SECONDS):
                answer = await self._redis.execute_command(
                    "XREAD", "COUNT", MAX_MESSAGES, "BLOCK", BLOCK_MS, "STREAMS", self._key, self._last
                )
        return list(answer[0][1]) if answer else []

    def _act(self, fields: dict[bytes, bytes]) -> None:
        reason, fence = _REASONS.get(fields.get(b"type", b"")), fields.get(b"fence", b"")
        if reason is None or not fence.isdigit():
            log.warning("message not understood", message=repr(fields)[:200])
            return
        self._executor.stop(fields.get(b"jobId", b"").decode("utf-8", "replace"), reason, int(fence))
