"""Requests that come when they are due, whether or not the ones before are answered."""

from __future__ import annotations

import asyncio
import json
import random
import time
from typing import cast

from benchmarks.kit.load import whole_answer


async def at_rate(port: int, request: bytes, rate: float, count: int) -> dict[str, float]:
    """Sends `count` requests with exponential gaps; when each was due, on `perf_counter`, by the job's id.

    Raises:
        RuntimeError: an answer was no 202.
    """
    loop = asyncio.get_running_loop()
    free: list[_Connection] = []
    answers: list[asyncio.Future[tuple[str, float]]] = []
    due = time.perf_counter()
    for _ in range(count):
        due += random.expovariate(rate)
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        if not free:
            _, made = await loop.create_connection(lambda: _Connection(free), "127.0.0.1", port)
            free.append(made)
        answers.append(free.pop().send(request, due))
    found = dict(await asyncio.gather(*answers))
    for connection in free:
        connection.close()
    return found


class _Connection(asyncio.Protocol):
    """A kept connection; goes back to the free ones with each answer."""

    def __init__(self, free: list[_Connection]) -> None:
        self._free, self._buffer, self._due = free, b"", 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def connection_lost(self, error: Exception | None) -> None:
        if self in self._free:
            self._free.remove(self)

    def send(self, request: bytes, due: float) -> asyncio.Future[tuple[str, float]]:
        """The job's id and when it was due, to come."""
        self._answer: asyncio.Future[tuple[str, float]] = asyncio.get_running_loop().create_future()
        self._due = due
        self._transport.write(request)
        return self._answer

    def close(self) -> None:
        """Hangs up."""
        self._transport.close()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        answer = whole_answer(self._buffer)
        if answer is None:
            return
        head, body = answer
        self._buffer = b""
        if head[9:12] != b"202":
            self._answer.set_exception(RuntimeError(f"the answer was {head[:20]!r}"))
        else:
            self._answer.set_result((str(json.loads(body)["data"]["jobId"]), self._due))
        self._free.append(self)
