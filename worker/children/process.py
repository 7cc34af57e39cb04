"""One render child, as its worker holds it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import sys
from collections.abc import Callable

from pydantic_core import from_json, to_json

from shared.errors import RenderChildDied, RenderOutOfMemory
from shared.settings import CHECKOUT
from worker.children.deaths import detail_of, reason_of
from worker.children.protocol import (
    LENGTH,
    MAX_ANSWER_BYTES,
    Done,
    Failed,
    Progress,
    Task,
    frame,
    read_answer,
)

#: how long a new child may take until it is ready, in seconds; reportlab and fonts are loaded in that time
START_TIMEOUT_SECONDS = 60
#: how much of what a child writes to stderr is kept for the error of a crash
KEPT_STDERR_BYTES = 16_384
STDERR_CHUNK_BYTES = 2048

#: all that a child knows of its surroundings: no address, no password
_ENVIRONMENT = {"PATH": os.defpath, "LANG": "C.UTF-8", "TZ": "UTC", "PYTHONPATH": str(CHECKOUT)}

#: what native code (Rust's allocator) says before it aborts the process
_OUT_OF_MEMORY = "memory allocation"

ProgressHandler = Callable[[Progress], None]


class RenderChild:
    """A started child. One job at a time."""

    def __init__(
        self,
        memory_mb: int,
        process: asyncio.subprocess.Process,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        self._memory_mb = memory_mb
        self._process, self._reader, self._writer = process, reader, writer
        self._stderr = bytearray()
        self._drain = asyncio.create_task(self._keep_stderr())
        self.pid = process.pid
        #: jobs given to it so far
        self.jobs = 0
        self._spent = False

    @classmethod
    async def start(cls, memory_mb: int) -> RenderChild:
        """Starts a child and waits until it is ready.

        Raises:
            RenderChildDied: it did not come up.
        """
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                process = await asyncio.create_subprocess_exec(
                    *(sys.executable, "-m", "worker.children.child", str(theirs.fileno()), str(memory_mb)),
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=asyncio.subprocess.DEVNULL,
                    stderr=asyncio.subprocess.PIPE,
                    pass_fds=(theirs.fileno(),),
                    env=_ENVIRONMENT,
                    cwd=CHECKOUT,
                    start_new_session=True,
                )
            except OSError as error:
                ours.close()
                reason = f"a render child could not be started: {error.strerror}"
                raise RenderChildDied(reason, detail=str(error)) from error
        child = cls(memory_mb, process, *await asyncio.open_connection(sock=ours))
        await child._wait_until_ready()
        return child

    async def render(self, task: Task, payload: bytes, on_progress: ProgressHandler) -> Done | Failed:
        """Gives the child a job and waits for its answer.

        Raises:
            RenderChildDied: it ended, or answered nonsense, instead.
            RenderOutOfMemory: it ended since native code got no more memory.
        """
        self.jobs += 1
        try:
            self._writer.write(frame(to_json(task)) + frame(payload))
            await self._writer.drain()
            while True:
                answer = read_answer(await self._receive())
                if isinstance(answer, Progress):
                    on_progress(answer)
                    continue
                self._spent = isinstance(answer, Failed) and answer.worn_out
                return answer
        except (OSError, EOFError, ValueError) as error:
            death = await self._death(error)
            if _OUT_OF_MEMORY in death.detail:
                raise RenderOutOfMemory(self._memory_mb) from death
            raise death from error

    def kill(self) -> None:
        """Ends the child at once, and whatever it started."""
        self._spent = True
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)

    async def close(self) -> None:
        """Kills the child and waits until it is gone."""
        self.kill()
        self._writer.close()
        await self._process.wait()
        self._drain.cancel()
        await asyncio.gather(self._drain, return_exceptions=True)

    @property
    def is_reusable(self) -> bool:
        """Whether it runs and may be given another job."""
        return self._process.returncode is None and not self._spent

    async def _wait_until_ready(self) -> None:
        try:
            async with asyncio.timeout(START_TIMEOUT_SECONDS):
                await self._receive()
        except (OSError, EOFError, ValueError, TimeoutError) as error:
            death = await self._death(error)
            await self.close()
            raise death from error
        except asyncio.CancelledError:
            self.kill()
            raise

    async def _receive(self) -> object:
        (length,) = LENGTH.unpack(await self._reader.readexactly(LENGTH.size))
        if length > MAX_ANSWER_BYTES:
            raise ValueError(f"a frame of {length:,} bytes")
        return from_json(await self._reader.readexactly(length))

    async def _death(self, error: Exception) -> RenderChildDied:
        self.kill()
        status = await self._process.wait()
        reason = reason_of(status)
        if isinstance(error, ValueError):
            reason = f"the render child answered nonsense: {error}"
        # the pipe ends with the process; what it says of a crash comes before that
        await asyncio.wait([self._drain], timeout=1)
        return RenderChildDied(reason, detail=detail_of(self._stderr.decode("utf-8", "replace")))

    async def _keep_stderr(self) -> None:
        assert self._process.stderr is not None  # noqa: S101 - asked for above
        while chunk := await self._process.stderr.read(STDERR_CHUNK_BYTES):
            self._stderr += chunk
            del self._stderr[:-KEPT_STDERR_BYTES]
