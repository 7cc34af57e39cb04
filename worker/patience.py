"""Calls that must come through in the end: repeated while Redis is away."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import TypeVar

from tenacity import AsyncRetrying, retry_if_exception_type, wait_random_exponential

from shared.errors import QueueUnavailable
from shared.logs import get_logger

log = get_logger("worker")
T = TypeVar("T")

#: waits between tries, in seconds: doubling with full jitter up to the longest
FIRST_WAIT_SECONDS = 0.2
LONGEST_WAIT_SECONDS = 2.0


async def until_redis_is_back(
    call: Callable[[], Awaitable[T]],
    longest_wait_seconds: float = LONGEST_WAIT_SECONDS,
    *,
    quietly: bool = False,
) -> T:
    """Calls `call` until Redis takes it, and logs once that it waits, unless `quietly`.

    Other errors pass through.
    """
    try:
        return await call()
    except QueueUnavailable as error:
        if not quietly:
            log.warning("waiting for redis", reason=str(error))
    await asyncio.sleep(FIRST_WAIT_SECONDS * random.random())  # noqa: S311 - jitter
    async for attempt in AsyncRetrying(
        retry=retry_if_exception_type(QueueUnavailable),
        wait=wait_random_exponential(multiplier=FIRST_WAIT_SECONDS, max=longest_wait_seconds),
        reraise=True,
    ):
        with attempt:
            return await call()
    raise AssertionError("retrying ends with an answer or an error")
