"""Runs the Lua scripts of `lua/`, each with what it needs of `lua/lib/`, called by its hash."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable
from functools import cache, partial
from importlib import resources
from typing import Any

from arq.connections import ArqRedis
from hiredis import pack_command
from redis.exceptions import NoScriptError, ResponseError

from shared.queue.composing import compose
from shared.queue.gathering import Argument
from shared.queue.keys import QUEUE
from shared.queue.line import Line, into, line_of
from shared.queue.link import Answer, Sent
from shared.redis import as_unavailable

__all__ = ["Argument", "call_of", "run", "run_soon", "source"]

#: what takes the calls of one moment together, see `shared.queue.gathering`
_TAKES_MANY = frozenset({"submit", "complete"})
#: how such a script's answer to a call begins that failed
_ERROR = b"error "
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

    def of_many(value: Any) -> None:
        is_error = isinstance(value, bytes) and value.startswith(_ERROR)
        last(ResponseError(value[len(_ERROR) :].decode()) if is_error else value)

    if name in _TAKES_MANY:
        line.send_together(name, partial(_sent, line, name), arguments, of_many)
    else:
        line.send(call_of(name, *arguments), _known(line, name, arguments, last))


def _sent(line: Line, name: str, arguments: tuple[Argument, ...], answer: Answer) -> Sent:
    packed = pack_command(call_of(name, *arguments))  # type: ignore[arg-type]  # its stub knows one item
    return packed, _known(line, name, arguments, answer)


def _known(line: Line, name: str, arguments: tuple[Argument, ...], answer: Answer) -> Answer:
    """Makes sure that Redis knows the script before its answer counts."""

    def first(value: Any) -> None:
        if isinstance(value, NoScriptError):
            line.send(("EVAL", source(name)[0], 1, QUEUE, *arguments), answer)
        else:
            answer(value)

    return first


def call_of(name: str, *arguments: Argument) -> tuple[Argument, ...]:
    """The command that calls a script by its hash, for a Redis that knows it."""
    return "EVALSHA", source(name)[1], 1, QUEUE, *arguments
