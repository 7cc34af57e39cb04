"""One render child, as its worker holds it."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Callable

from pydantic_core import from_json, to_json

from shared.errors import RenderChildDied, RenderOutOfMemory
from worker.children.channel import Channel
from worker.children.deaths import detail_of, reason_of
from worker.children.forking import START_TIMEOUT_SECONDS, ForkedChild, ForkServer
from worker.children.protocol import Done, Failed, Progress, Task, read_answer
from worker.children.stderr import LastWords

#: what native code (Rust's allocator) says before it aborts the process
_OUT_OF_MEMORY = "memory allocation"

ProgressHandler = Callable[[Progress], None]


class RenderChild:
    """A started child. One job at a time."""

    def __init__(self, memory_mb: int, forked: ForkedChild, channel: Channel, last_words: LastWords) -> None:
        self._memory_mb = memory_mb
        self._forked, self._channel, self._last_words = forked, channel, last_words
        self.pid = forked.pid
        #: jobs given to it so far
        self.jobs = 0
        self._spent = self._reaped = False
        self._status: int | None = None

    @classmethod
    async def start(cls, server: ForkServer) -> RenderChild:
        """Forks a child and waits until it is ready.

        Raises:
            RenderChildDied: it did not come up.
        """
        ours, theirs = socket.socketpair()
        reading, writing = os.pipe()
        try:
            forked = await server.fork(theirs.fileno(), writing)
        except BaseException:
            ours.close()
            os.close(reading)
            raise
        finally:
            theirs.close()
            os.close(writing)
        last_words = await LastWords.over(reading)
        try:
            child = cls(server.memory_mb, forked, await Channel.over(ours), last_words)
        except asyncio.CancelledError:
            ours.close()
            last_words.stop()
            raise
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
            self._channel.send(to_json(task), payload)
            while True:
                answer = read_answer(from_json(await self._channel.receive()))
                if isinstance(answer, Progress):
                    on_progress(answer)
                    continue
                self._spent = isinstance(answer, Failed) and answer.worn_out
                return answer
        except (OSError, EOFError, ValueError) as error:
            raise await self._death(error) from error

    def kill(self) -> None:
        """Ends the child at once, and whatever it started."""
        self._spent = True
        if not self._reaped:
            self._forked.kill()

    async def close(self) -> None:
        """Kills the child and waits until it is gone."""
        self.kill()
        self._channel.close()
        await self._reap()
        await self._last_words.close()

    @property
    def is_reusable(self) -> bool:
        """Whether it runs and may be given another job."""
        return self._channel.is_open and not self._spent

    async def _wait_until_ready(self) -> None:
        try:
            async with asyncio.timeout(START_TIMEOUT_SECONDS):
                await self._channel.receive()
        except (OSError, EOFError, ValueError, TimeoutError) as error:
            death = await self._death(error)
            await self.close()
            raise death from error
        except asyncio.CancelledError:
            self.kill()
            self._channel.close()
            self._last_words.stop()
            raise

    async def _death(self, error: Exception) -> RenderChildDied | RenderOutOfMemory:
        self.kill()
        status = await self._reap()
        said = await self._last_words.all()
        if _OUT_OF_MEMORY in said:
            return RenderOutOfMemory(self._memory_mb)
        reason = reason_of(status)
        if isinstance(error, ValueError):
            reason = f"the render child answered nonsense: {error}"
        return RenderChildDied(reason, detail=detail_of(said))

    async def _reap(self) -> int | None:
        """How the child ended. Its pid means nothing from then on."""
        if not self._reaped:
            self._status = await self._forked.reap()
            self._reaped = True
        return self._status
