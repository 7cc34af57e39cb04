"""Connections to Redis."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from arq.connections import ArqRedis
from redis.asyncio.connection import BlockingConnectionPool, Connection, parse_url
from redis.exceptions import (
    AuthenticationError,
    BusyLoadingError,
    InvalidResponse,
    NoPermissionError,
    OutOfMemoryError,
    ReadOnlyError,
    RedisError,
    ResponseError,
)
from redis.exceptions import (
    ConnectionError as RedisConnectionError,
)
from redis.exceptions import (
    TimeoutError as RedisTimeoutError,
)

from shared.errors import QueueUnavailable
from shared.queue.keys import QUEUE
from shared.queue.payload import decode_payload, encode_payload
from shared.redis_connection import quick
from shared.settings import Settings

#: how long a connection attempt and a command may take, in seconds
CONNECT_TIMEOUT_SECONDS = 2
COMMAND_TIMEOUT_SECONDS = 5

_PASSING = (
    RedisConnectionError,
    RedisTimeoutError,
    BusyLoadingError,
    OutOfMemoryError,
    ReadOnlyError,
    AuthenticationError,
    NoPermissionError,
    InvalidResponse,  # no Redis answers there: a proxy in front of it, perhaps
    OSError,
    asyncio.TimeoutError,
)
#: error answers of a server that refuses to write for now
_PASSING_ANSWERS = (
    "OOM",
    "MISCONF",
    "READONLY",
    "NOAUTH",
    "NOREPLICAS",
    "MASTERDOWN",
    "LOADING",
    "BUSY",
    "UNBLOCKED",
    "CLUSTERDOWN",
    "TRYAGAIN",
)


def connect(
    settings: Settings, client_name: str, *, max_connections: int = 32, blocks: bool = False
) -> ArqRedis:
    """A client that connects when first used; nothing is sent yet.

    Args:
        settings: names the server.
        client_name: shown by `CLIENT LIST`; tells whose connection it is.
        max_connections: further callers wait for a free one.
        blocks: for commands that wait on the server longer than a command may take.
    """
    address: dict[str, Any] = dict(parse_url(settings.redis_url))
    options: dict[str, Any] = {
        **address,
        "connection_class": quick(address.get("connection_class", Connection)),
        "client_name": client_name,
        "socket_connect_timeout": CONNECT_TIMEOUT_SECONDS,
        "socket_timeout": None if blocks else COMMAND_TIMEOUT_SECONDS,
    }
    if "path" not in options:  # what a TCP connection has and a Unix socket has not
        options["socket_keepalive"] = True
    pool = BlockingConnectionPool(max_connections=max_connections, timeout=COMMAND_TIMEOUT_SECONDS, **options)
    client = ArqRedis(
        pool_or_conn=pool,
        job_serializer=encode_payload,
        job_deserializer=decode_payload,
        default_queue_name=QUEUE,
    )
    client.auto_close_connection_pool = True
    return client


@contextmanager
def unavailable_on_redis_errors() -> Iterator[None]:
    """Turns what may pass (no connection, time-out, refusal to write) into `QueueUnavailable`."""
    try:
        yield
    except _PASSING as error:
        raise QueueUnavailable(f"Redis can't be used now: {_short(error)}") from error
    except ResponseError as error:
        if _code_of(error) in _PASSING_ANSWERS or "OOM command not allowed" in str(error):
            raise QueueUnavailable(f"Redis refuses the command now: {_short(error)}") from error
        raise


def _code_of(error: ResponseError) -> str:
    """The first word of what Redis said: of an error in a pipeline redis-py tells the command before it."""
    said = str(error).rpartition("of pipeline caused error: ")[2]
    return said.lstrip("('\"").split(" ", 1)[0]


def unless_of_another_kind(answer: Any) -> Any:
    """An answer that a pipeline did not raise; None when the key has contents of another kind.

    Raises:
        RedisError: the answer is any other error.
    """
    if isinstance(answer, ResponseError) and _code_of(answer) == "WRONGTYPE":
        return None
    if isinstance(answer, Exception):
        raise answer
    return answer


def as_unavailable(error: Exception) -> Exception:
    """The error that `unavailable_on_redis_errors` makes of this one."""
    try:
        with unavailable_on_redis_errors():
            raise error
    except Exception as seen:
        return seen


async def is_connected(redis: ArqRedis) -> bool:
    """Whether Redis answers a ping within a second."""
    try:
        async with asyncio.timeout(1.0):
            return bool(await redis.ping())
    except (RedisError, OSError, TimeoutError):
        return False


def _short(error: BaseException) -> str:
    return f"{type(error).__name__}: {str(error)[:200]}"
