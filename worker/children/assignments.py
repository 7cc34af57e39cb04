"""What a worker sends its render child, as the child reads it."""

from __future__ import annotations

import socket
from collections import deque
from dataclasses import dataclass
from typing import Any, Final

from pydantic_core import from_json

from worker.children.protocol import Task, read_task, take_frame

#: how much is read at once
_CHUNK_BYTES: Final = 1 << 16


@dataclass(slots=True)
class Assignment:
    """A job to render."""

    task: Task
    payload: bytes
    #: the worker took it back
    revoked: bool = False


class Assignments:
    """The jobs in the order in which they came. Nothing is read while one of them is rendered."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._chunk = memoryview(bytearray(_CHUNK_BYTES))
        self._received = bytearray()
        #: the job whose payload has not come yet
        self._task: Task | None = None
        self._jobs: deque[Assignment] = deque()

    def next(self) -> Assignment:
        """Waits for the next job; what was revoked by now says so.

        A word that takes jobs back stands behind all their payloads.

        Raises:
            EOFError, ConnectionError: the worker closed the socket.
        """
        while not self._jobs:
            self._receive(0)
        while self._receive(socket.MSG_DONTWAIT):
            pass
        return self._jobs.popleft()

    def _receive(self, flags: int) -> bool:
        """Whether there may be more."""
        try:
            size = self._connection.recv_into(self._chunk, 0, flags)
        except BlockingIOError:
            return False
        if not size:
            raise EOFError
        self._received += self._chunk[:size]
        while (content := take_frame(self._received)) is not None:
            self._take(content)
        return size == len(self._chunk)

    def _take(self, content: bytes) -> None:
        if self._task is not None:
            self._jobs.append(Assignment(self._task, content))
            self._task = None
            return
        message: dict[str, Any] = from_json(content)
        if "render" in message:
            self._task = read_task(message["render"])
            return
        for job in self._jobs:
            job.revoked = job.revoked or job.task.target == message["revoke"]
