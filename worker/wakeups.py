"""When there is reason to look at the queue: a wake token, or a time that has come.

A claim can be left with Redis behind the pop of a token, in one write. Redis runs what a blocked client has
sent besides as soon as the client gets its token, before it syncs its file: the claim needs no way to the
worker and back of its own, and shares the sync of the submit that woke it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from arq.connections import ArqRedis

from shared.outage import retry_wait
from shared.queue import keys, scripts
from shared.queue.line import Line
from shared.queue.link import Answer
from shared.queue.scripts import Argument
from shared.redis import as_unavailable

#: how long one blocking pop waits on the server, and how much later its answer may come, in seconds
BLOCK_SECONDS = 5.0
ANSWER_SECONDS = 5.0


class Wakeups:
    """One waiter. While it waits, a blocking pop of the list of wake tokens is under way.

    The pop of `wait` goes on when the waiter is woken by something else. A token that comes then is kept for
    the next wait, or goes back when the waiter has no use for it.
    """

    def __init__(self, blocking: ArqRedis, is_free: Callable[[], bool]) -> None:
        """`is_free` tells whether a token is of use now."""
        self._line = Line(blocking, answer_seconds=BLOCK_SECONDS + ANSWER_SECONDS)
        self._is_free = is_free
        self._reason = asyncio.Event()
        self._is_waiting = self._is_asking = False
        #: a token is kept for the next wait
        self._has_token = False
        #: the answer to what was left behind a pop; None ends the wait for it
        self._left: asyncio.Future[Any] | None = None

    async def wait(self, seconds: float) -> None:
        """Returns when a token came, `wake` was called or the time is over.

        The time is kept here, because a server ends blocking calls up to a tenth of a second late.
        """
        timer = asyncio.get_running_loop().call_later(seconds, self._reason.set)
        self._is_waiting = True
        self._ask()
        try:
            await self._reason.wait()
        finally:
            timer.cancel()
            self._is_waiting = self._has_token = False
            self._reason.clear()

    @property
    def is_asking(self) -> bool:
        """Whether a pop goes on that nothing was left behind."""
        return self._is_asking

    async def pop_and_run(self, name: str, *arguments: Argument) -> Any:
        """Waits for a token, up to `BLOCK_SECONDS`, and has Redis run a script then, token or not.

        A token that came since the last wait counts: the script runs at once.

        Returns:
            Its answer. None: `wake` ended the wait, and nobody knows whether the script ran. From then on it
            won't: Redis forgets a client that is gone, and what it sent while it was blocked.

        Raises:
            QueueUnavailable: Redis can't be reached or refuses to write.
            NoScriptError: Redis does not know the script yet; it did not run, and the token is taken.
        """
        answer = self._left = asyncio.get_running_loop().create_future()
        if not self._reason.is_set():
            self._line.send(("BLPOP", keys.WAKE, str(BLOCK_SECONDS)), _ignore)
        self._reason.clear()
        self._has_token = False
        self._line.send(scripts.call_of(name, *arguments), _into(answer))
        try:
            got = await answer
        except BaseException:
            self._line.abort()
            raise
        finally:
            self._left = None
        if got is None:
            self._line.abort()
        elif isinstance(got, Exception):
            raise as_unavailable(got)
        return got

    def wake(self) -> None:
        """Ends the wait under way, or else the next one."""
        if self._left is None:
            self._reason.set()
        elif not self._left.done():
            self._left.set_result(None)

    def pass_on(self) -> None:
        """Gives a token back that is kept for the next wait, which may be far off."""
        if self._has_token:
            self._has_token = False
            self._reason.clear()
            self._give_back()

    def _ask(self) -> None:
        if not self._is_asking:
            self._is_asking = True
            self._line.send(("BLPOP", keys.WAKE, str(BLOCK_SECONDS)), self._take)

    def _take(self, answer: Any) -> None:
        self._is_asking = False
        if isinstance(answer, Exception):
            asyncio.get_running_loop().call_later(retry_wait(), self._reason.set)
        elif answer and self._is_free():
            self._has_token = True
            self._reason.set()
        elif answer:
            self._give_back()
        elif self._is_waiting:
            self._ask()

    def _give_back(self) -> None:
        self._line.send(("RPUSH", keys.WAKE, "1"), _ignore)


def _into(future: asyncio.Future[Any]) -> Answer:
    """Puts an answer, error or not, into a future that nobody has given up."""

    def take(answer: Any) -> None:
        if not future.done():
            future.set_result(answer)

    return take


def _ignore(_answer: Any) -> None:
    """Without the token, the next job that is submitted wakes a worker, or the end of somebody's wait."""
