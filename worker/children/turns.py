"""A job's place in the line of one render child."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from worker.children.protocol import Done, Failed, Progress, Revoked, Task

if TYPE_CHECKING:
    from worker.children.process import RenderChild

ProgressHandler = Callable[[Progress], None]


class TurnLost(Exception):
    """The child ended before it began the job, which it therefore did no harm."""


class TurnOverdue(Exception):
    """The child has not begun the job for so long that another one may be free sooner."""


@dataclass(frozen=True, slots=True)
class Order:
    """A job that needs a child."""

    task: Task
    payload: bytes
    on_progress: ProgressHandler
    #: the file of a second try, a third one: what was given up or lost in one child may still be written
    target_again: Callable[[int], str]
    #: it may take long: it waits for no other job in its child, and none waits for it
    is_large: bool = False

    def again(self, number: int) -> Order:
        """The same job for another child, after `number` were tried."""
        return replace(self, task=replace(self.task, target=self.target_again(number)))


class Turn:
    """It waits until the jobs before it have ended, then its own is rendered."""

    def __init__(self, child: RenderChild, order: Order) -> None:
        loop = asyncio.get_running_loop()
        self.child, self.order = child, order
        #: the file to write
        self.target = order.task.target
        self.begun: asyncio.Future[None] = loop.create_future()
        self.answered: asyncio.Future[Done | Failed] = loop.create_future()
        #: when it began, on this process's monotonic clock
        self.since = 0.0
        #: nobody waits for it any more
        self.given_up = False

    def begin(self) -> None:
        """The jobs before it have ended."""
        self.since = time.monotonic()
        if not self.begun.done():
            self.begun.set_result(None)

    async def begins_within(self, seconds: float) -> None:
        """Returns when it has begun.

        Raises:
            TurnOverdue: it did not in that time.
            TurnLost: the child has ended.
        """
        if self.since:
            return
        timer = asyncio.get_running_loop().call_later(seconds, self._fall_due)
        try:
            await self.begun
        except TurnOverdue:
            if not self.since:  # else it began just now
                raise
        finally:
            timer.cancel()

    def _fall_due(self) -> None:
        if not self.begun.done():
            self.begun.set_exception(TurnOverdue())

    def elapsed(self) -> float:
        """Since it began, in seconds."""
        return time.monotonic() - self.since

    def took(self, answer: Done | Failed) -> float:
        """How long the answer to it took, in seconds.

        Several answers may be read at once: only the child knows how long each of them took.
        """
        return answer.render_ms / 1000 if isinstance(answer, Done) else self.elapsed()

    def progress(self, news: Progress) -> None:
        """The child tells how far it is."""
        if not self.given_up:
            self.order.on_progress(news)

    def end(self, answer: Done | Failed | Revoked) -> None:
        """The child has answered."""
        if isinstance(answer, Revoked):
            return
        if not self.since:  # the child was killed for the job before, and was quicker
            self.begin()
        if not self.answered.done():
            self.answered.set_result(answer)

    def lose(self, why: Exception) -> None:
        """The child has ended: an error of this job if it had begun, a `TurnLost` if not."""
        future: asyncio.Future[None] | asyncio.Future[Done | Failed]
        future, error = (self.answered, why) if self.since else (self.begun, TurnLost())
        if not future.done():
            future.set_exception(error)
            future.exception()  # it may be that nobody asks
