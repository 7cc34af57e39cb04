"""One render child, as its worker holds it."""

from __future__ import annotations

import asyncio
import os
import socket
from collections import deque
from collections.abc import Callable

from pydantic_core import from_json

from shared.errors import RenderChildDied, RenderOutOfMemory
from shared.pace import UNKNOWN, next_pace
from shared.storage.folders import discard
from worker.children.channel import Channel
from worker.children.deaths import detail_of, reason_of
from worker.children.forking import START_TIMEOUT_SECONDS, ForkedChild, ForkServer
from worker.children.protocol import (
    Done,
    Failed,
    Progress,
    Revoked,
    read_answer,
    render_message,
    revoke_message,
)
from worker.children.stderr import LastWords
from worker.children.turns import Order, Turn

#: what native code (Rust's allocator) says before it aborts the process, and what Python says
_OUT_OF_MEMORY = ("memory allocation", "MemoryError")
#: how long a child may work on a job that was given up before it is killed, in seconds
IN_VAIN_SECONDS = 0.5


class RenderChild:
    """A started child. Jobs that it is given wait in its line."""

    def __init__(self, memory_mb: int, forked: ForkedChild, last_words: LastWords) -> None:
        self._memory_mb = memory_mb
        self._forked, self._last_words = forked, last_words
        self._channel = Channel(self._on_frame, self._on_end)
        self.pid = forked.pid
        #: jobs given to it so far
        self.jobs = 0
        #: how long its last jobs took, in seconds
        self.pace = UNKNOWN
        #: called when a job has ended, and when the child has
        self.on_change: Callable[[], None] | None = None
        #: the first one has begun
        self._turns: deque[Turn] = deque()
        self._ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._spent = False
        self._reaping: asyncio.Task[int | None] | None = None
        #: files that it may have begun and can't have ended
        self._litter: list[str] = []

    @classmethod
    async def start(cls, server: ForkServer) -> RenderChild:
        """Forks a child and waits until it is ready.

        Raises:
            RenderChildDied: it did not come up.
        """
        ours, theirs, reading, writing = _connections()
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
        child = cls(server.memory_mb, forked, last_words)
        try:
            await child._channel.open(ours)
        except asyncio.CancelledError:
            ours.close()
            last_words.stop()
            raise
        await child._wait_until_ready()
        return child

    def give(self, order: Order) -> Turn:
        """Sends the child a job, which is rendered when those before it have ended."""
        turn = Turn(self, order)
        self.jobs += 1
        self._turns.append(turn)
        if len(self._turns) == 1:
            turn.begin()
        self._channel.send(render_message(order.task, order.payload))
        return turn

    def give_up(self, turn: Turn) -> None:
        """The job shall not begin in this child; if it does nevertheless, what comes of it is removed."""
        turn.given_up = True
        if turn not in self._turns:  # it ended just now
            discard(turn.target)
            return
        self._channel.send(revoke_message(turn.target))
        if turn.since:
            self._end_in_vain(turn)

    async def answer(self, turn: Turn) -> Done | Failed:
        """What comes of a job that has begun.

        Raises:
            RenderChildDied: it ended, or answered nonsense, instead.
            RenderOutOfMemory: it ended since it got no more memory.
        """
        try:
            return await turn.answered
        except (OSError, EOFError, ValueError) as error:
            raise await self._death(error) from error

    def kill(self) -> None:
        """Ends the child at once, and whatever it started."""
        self._spent = True
        if self._reaping is None or not self._reaping.done():
            self._forked.kill()

    async def close(self) -> None:
        """Kills the child and waits until it is gone."""
        self.kill()
        self._channel.close()
        await self._reap()
        await self._last_words.all()  # another one may wait for them
        await self._last_words.close()
        for target in self._litter:
            discard(target)

    @property
    def is_reusable(self) -> bool:
        """Whether it runs and may be given another job."""
        return self._channel.is_open and not self._spent

    @property
    def current(self) -> Turn | None:
        """The job that it renders."""
        return self._turns[0] if self._turns else None

    @property
    def in_line(self) -> int:
        """How many jobs it has been given that have not ended."""
        return len(self._turns)

    def _on_frame(self, content: bytes) -> None:
        message = from_json(content)
        if not self._ready.done():
            self._ready.set_result(None)
            return
        answer = read_answer(message)
        turn = self.current
        if turn is None or (isinstance(answer, Revoked) and not turn.given_up):
            raise ValueError("an answer to what was not asked")
        if isinstance(answer, Progress):
            turn.progress(answer)
            return
        self._turns.popleft()
        if turn.since and not isinstance(answer, Revoked):
            self.pace = next_pace(self.pace, turn.took(answer))
        if turn.given_up:
            discard(turn.target)
        turn.end(answer)
        if isinstance(answer, Failed) and answer.worn_out:
            self._spent = True  # it ends by itself and begins no further job
        if not self._spent:  # killed for the job that has ended after all, it does the next one no good
            self._begin_next()
        self._changed()

    def _begin_next(self) -> None:
        turn = self.current
        if turn is not None:
            turn.begin()
            if turn.given_up:
                self._end_in_vain(turn)

    def _end_in_vain(self, turn: Turn) -> None:
        """Soon the child tells that it did not begin the job; else it did, and need not end it."""
        asyncio.get_running_loop().call_later(IN_VAIN_SECONDS, self._kill_for, turn)

    def _kill_for(self, turn: Turn) -> None:
        if turn is self.current:
            self.kill()

    def _on_end(self, why: Exception) -> None:
        if not self._ready.done():
            self._ready.set_exception(why)
            self._ready.exception()
        turns, self._turns = self._turns, deque()
        self._litter = [turn.target for turn in turns]
        for turn in turns:
            turn.lose(why)
        self._changed()

    def _changed(self) -> None:
        if self.on_change is not None:
            self.on_change()

    async def _wait_until_ready(self) -> None:
        try:
            async with asyncio.timeout(START_TIMEOUT_SECONDS):
                await self._ready
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
        if any(words in said for words in _OUT_OF_MEMORY):
            return RenderOutOfMemory(self._memory_mb)
        reason = reason_of(status)
        if isinstance(error, ValueError):
            reason = f"the render child answered nonsense: {error}"
        return RenderChildDied(reason, detail=detail_of(said))

    async def _reap(self) -> int | None:
        """How the child ended. Its pid means nothing from then on."""
        if self._reaping is None:
            self._reaping = asyncio.create_task(self._forked.reap())
        return await asyncio.shield(self._reaping)


def _connections() -> tuple[socket.socket, socket.socket, int, int]:
    """Both ends of a socket pair, and of a pipe."""
    ours, theirs = socket.socketpair()
    try:
        return ours, theirs, *os.pipe()
    except OSError:
        ours.close()
        theirs.close()
        raise
