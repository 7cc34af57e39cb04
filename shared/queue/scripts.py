"""Runs the Lua scripts of `lua/`, each with what it needs of `lua/lib/`, called by its hash."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable
from functools import cache
from importlib import resources
from typing import Any

from arq.connections import ArqRedis
from redis.exceptions import NoScriptError

from shared.queue.composing import compose
from shared.queue.keys import QUEUE
from shared.queue.line import into, line_of
from shared.redis import as_unavailable

Argument = str | bytes | int | float

#: what adds to the memory that is used: refused while Redis has no more (`OOM`)
_TAKES_IN = frozenset({"submit", "submit_batch"})
#: Everything else goes on then, or nothing would end and make room: leases are renewed, jobs end, old ones
#: are forgotten. Redis knows such flags since 7.0; the line must be the script's first.
_GOES_ON = b"#!lua flags=allow-oom\n"


@cache
def source(name: str) -> tuple[bytes, str]:
    """A script's whole text and its SHA-1, by which Redis knows it."""
    own = (resources.files("shared.queue") / "lua" / f"{name}.lua").read_text(encoding="utf-8")
    text = (b"" if name in _TAKES_IN else _GOES_ON) + compose(own).encode()
    return text, hashlib.sha1(text, usedforsecurity=False).hexdigest()


async def run(redis: ArqRedis, name: str, *arguments: Argument) -> Any:
    """Runs the script `lua/<name>.lua` on the queue. Its header says what it takes and returns.

    Raises:
        QueueUnavailable: Redis can't be reached or refuses to write.
    """
    future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
    run_soon(redis, name, into(future), *arguments)
    return await future


def run_soon(redis: ArqRedis, name: str, answer: Callable[[Any], None], *arguments: Argument) -> None:
    """Runs the script as `run` does, for a caller that is no coroutine.

    `answer` is called once, with the script's answer or, in its place, the error that `run` would raise.
    """
    line = line_of(redis)

    def last(value: Any) -> None:
        answer(as_unavailable(value) if isinstance(value, Exception) else value)

    def first(value: Any) -> None:
        if isinstance(value, NoScriptError):
            line.send(("EVAL", source(name)[0], 1, QUEUE, *arguments), last)
        else:
            last(value)

    line.send(call_of(name, *arguments), first)


def call_of(name: str, *arguments: Argument) -> tuple[Argument, ...]:
    """The command that calls a script by its hash, for a Redis that knows it."""
    return "EVALSHA", source(name)[1], 1, QUEUE, *arguments
