"""Runs the Lua scripts of `lua/`: `_lib.lua` followed by the script's own file, called by its hash."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib import resources
from typing import Any

from arq.connections import ArqRedis
from redis.exceptions import NoScriptError

from shared.queue.keys import QUEUE
from shared.queue.line import line_of
from shared.redis import unavailable_on_redis_errors

Argument = str | bytes | int | float


@cache
def source(name: str) -> tuple[bytes, str]:
    """A script's whole text and its SHA-1, by which Redis knows it."""
    folder = resources.files("shared.queue") / "lua"
    text = (folder / "_lib.lua").read_bytes() + b"\n" + (folder / f"{name}.lua").read_bytes()
    return text, hashlib.sha1(text, usedforsecurity=False).hexdigest()


async def run(redis: ArqRedis, name: str, *arguments: Argument) -> Any:
    """Runs the script `lua/<name>.lua` on the queue. Its header says what it takes and returns.

    Raises:
        QueueUnavailable: Redis can't be reached or refuses to write.
    """
    text, digest = source(name)
    line = line_of(redis)
    with unavailable_on_redis_errors():
        try:
            return await line.execute("EVALSHA", digest, 1, QUEUE, *arguments)
        except NoScriptError:
            return await line.execute("EVAL", text, 1, QUEUE, *arguments)
