"""A light HTTP load generator: ready-made requests over kept connections, cheap beside what it measures."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from typing import cast


@dataclass
class Answers:
    """What came back."""

    #: seconds each request took, in the order of the answers
    seconds: list[float] = field(default_factory=list)
    #: status codes and how often they came
    statuses: dict[int, int] = field(default_factory=dict)
    #: from the first request to the last answer
    took_seconds: float = 0.0

    def check(self, *accepted: int) -> Answers:
        """Self, when every answer had an accepted status.

        Raises:
            RuntimeError: some had not; a figure of errors is no figure.
        """
        if not set(self.statuses) <= set(accepted):
            raise RuntimeError(f"answers were {self.statuses}")
        return self


def post(port: int, path: str, body: bytes) -> bytes:
    """A POST of JSON as it goes over the wire."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def send(port: int, request: bytes, count: int, connections: int) -> Answers:
    """Sends `request` `count` times over that many connections, each one request at a time."""
    loop = asyncio.get_running_loop()
    answers, left = Answers(), iter(range(count))
    clients = [
        (await loop.create_connection(lambda: _Client(request, left, answers), "127.0.0.1", port))[1]
        for _ in range(connections)
    ]
    began = time.perf_counter()
    for client in clients:
        client.next()
    await asyncio.gather(*(client.done for client in clients))
    answers.took_seconds = time.perf_counter() - began
    return answers


class _Client(asyncio.Protocol):
    """One connection. Answers have a Content-Length or are chunked."""

    def __init__(self, request: bytes, left: object, answers: Answers) -> None:
        self._request, self._left, self._answers = request, left, answers
        self._buffer, self._sent = b"", 0.0
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def connection_lost(self, error: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(error or ConnectionError("the server closed the connection"))

    def next(self) -> None:
        """Sends the next request, or closes."""
        if next(self._left, None) is None:  # type: ignore[call-overload]
            self.done.set_result(None)
            self._transport.close()
            return
        self._sent = time.perf_counter()
        self._transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        answer = whole_answer(self._buffer)
        if answer is None:
            return
        head, _ = answer
        self._buffer = b""
        status = int(head[9:12])
        self._answers.statuses[status] = self._answers.statuses.get(status, 0) + 1
        self._answers.seconds.append(time.perf_counter() - self._sent)
        self.next()


def whole_answer(received: bytes) -> tuple[bytes, bytes] | None:
    """Head and body of an HTTP answer, or None while a part of it is still to come."""
    head, found, body = received.partition(b"\r\n\r\n")
    return (head, body) if found and _is_whole(head.lower(), body) else None


def _is_whole(head: bytes, body: bytes) -> bool:
    """Whether that much of the body has come. `head` in small letters."""
    _, found, rest = head.partition(b"\r\ncontent-length:")
    if found:
        return len(body) >= int(rest.partition(b"\r\n")[0])
    return body.endswith(b"0\r\n\r\n")
