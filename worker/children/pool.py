"""As many warm render children as a worker has slots, and the line of jobs for them."""

from __future__ import annotations

import asyncio
import itertools
from bisect import insort
from collections import deque
from operator import itemgetter

from shared.errors import RenderChildDied, RenderFailed
from shared.logs import get_logger
from shared.settings import Settings
from worker.children.forking import ForkServer
from worker.children.process import RenderChild
from worker.children.turns import Order, Turn, TurnLost, TurnOverdue

log = get_logger(__name__)

#: how long a job waits in the line of one child, in seconds: if the job before it has not ended by then, any
#: other child may be free sooner
FOLLOW_SECONDS = 0.06
#: jobs that one child may have at most: one that it renders, and those that it begins without asking
LINE = 12
#: jobs that it may have whatever they take
SHORT_LINE = 2
#: how long the jobs of a line may take, in seconds, going by the child's last ones. It is well below
#: `FOLLOW_SECONDS`: on busy processors jobs take longer and answers are read late
LINE_SECONDS = 0.024
#: how long after children that ended without having had a job the next is started, in seconds: not at all
#: after one, then doubling up to the longest; after starts that failed at once the same, but for the first
FIRST_PAUSE_SECONDS = 0.1
LONGEST_PAUSE_SECONDS = 1.0


class NoChildFree(Exception):
    """All children worked for as long as a job was to wait for one."""


class ChildPool:
    """Lends out turns; a dead or worn-out child is replaced at once, in the background.

    A job goes to a child that is idle, or else into the line behind a brief job that was begun just now: the
    child then begins it without waiting for anybody. Jobs that find neither are served in the order in which
    they came.
    """

    def __init__(self, settings: Settings) -> None:
        self._server = ForkServer(settings.render_memory_mb)
        self._jobs_per_child = settings.render_jobs_per_child
        self._size = settings.worker_concurrency
        self._children: list[RenderChild] = []
        self._starting: set[asyncio.Task[None]] = set()
        self._closing: set[asyncio.Task[None]] = set()
        #: starts that failed since one succeeded
        self._failed_starts = 0
        #: children that ended by themselves before they had a job, since one last had one
        self._ended_unused = 0
        #: in the order in which the jobs came: one that a child lost stands before later ones again
        self._waiting: deque[tuple[int, Order, asyncio.Future[Turn]]] = deque()
        self._arrivals = itertools.count()
        self._is_open = True

    def start(self) -> None:
        """Begins to start all children; nobody waits for them yet."""
        for _ in range(self._size):
            self._start_one()

    async def begin(self, order: Order, hold: asyncio.Timeout | None = None) -> Turn:
        """A child that has begun the job. Call `leave` afterwards, whatever happens.

        Args:
            order: the job.
            hold: how long it waits at most; whoever brings its end forward takes the job out of the line.
                None: for ever.

        Raises:
            NoChildFree: none was in time.
            RenderChildDied, RenderOutOfMemory: no child could be started.
        """
        try:
            async with hold or asyncio.timeout(None):
                return await self._begun(order)
        except TimeoutError:
            raise NoChildFree from None

    def leave(self, turn: Turn) -> None:
        """The job needs its child no more. In the middle of it that is the child's end."""
        if not turn.answered.done() or turn.answered.cancelled():
            turn.child.kill()
            self._attend()

    async def close(self) -> None:
        """Kills all children and waits until they are gone."""
        self._is_open = False
        for starting in self._starting:
            starting.cancel()
        await asyncio.gather(*self._starting, return_exceptions=True)
        for child in [*self._children]:
            self._retire(child)
        await asyncio.gather(*self._closing, return_exceptions=True)
        await self._server.close()

    async def _begun(self, order: Order) -> Turn:
        arrival, tried = next(self._arrivals), 0
        while True:
            turn = await self._place(arrival, order if not tried else order.again(tried))
            tried += 1
            try:
                await turn.begins_within(FOLLOW_SECONDS)
                return turn
            except TurnLost:
                continue
            except TurnOverdue:
                turn.child.give_up(turn)
            except asyncio.CancelledError:
                turn.child.give_up(turn)
                raise

    async def _place(self, arrival: int, order: Order) -> Turn:
        """A turn that has begun or soon will."""
        granted: asyncio.Future[Turn] = asyncio.get_running_loop().create_future()
        insort(self._waiting, (arrival, order, granted), key=itemgetter(0))
        self._serve()
        try:
            return await granted
        except asyncio.CancelledError:
            if granted.done() and not granted.cancelled() and granted.exception() is None:
                turn = granted.result()
                turn.child.give_up(turn)
            raise

    def _attend(self) -> None:
        """A child has ended a job, or its life."""
        for child in [*self._children]:
            worn_out = child.jobs >= self._jobs_per_child and not child.in_line
            if not child.is_reusable or worn_out:
                self._retire(child)
                self._start_one(self._pause_after(child))
        self._serve()

    def _pause_after(self, child: RenderChild) -> float:
        if child.jobs:
            return 0.0
        self._ended_unused += 1
        log.warning("render child ended before it had a job", pid=child.pid, in_a_row=self._ended_unused)
        return pause_seconds(self._ended_unused)

    def _serve(self) -> None:
        """Gives children to those who wait, one after the other."""
        while self._waiting:
            _, order, granted = self._waiting[0]
            if not granted.done():
                child = self._child_for(order)
                if child is not None:
                    self._ended_unused = 0
                    granted.set_result(child.give(order))
                else:
                    return
            self._waiting.popleft()

    def _child_for(self, order: Order) -> RenderChild | None:
        usable = [
            child for child in self._children if child.is_reusable and child.jobs < self._jobs_per_child
        ]
        idle = next((child for child in usable if not child.in_line), None)
        if idle is not None or order.is_large:
            return idle
        return min(filter(_may_be_followed, usable), key=lambda child: child.in_line, default=None)

    def _start_one(self, pause: float = 0.0) -> None:
        if self._is_open:
            starting = asyncio.create_task(self._start(pause))
            self._starting.add(starting)
            starting.add_done_callback(self._starting.discard)

    async def _start(self, pause: float) -> None:
        if pause:
            await asyncio.sleep(pause)
        try:
            child = await RenderChild.start(self._server)
        except (RenderFailed, OSError) as error:
            log.error("render child did not start", reason=str(error), detail=getattr(error, "detail", ""))
            self._failed_starts += 1
            self._tell_of(_failure(error))
            self._start_one(pause_seconds(1 + self._failed_starts))
        else:
            self._failed_starts = 0
            child.on_change = self._attend
            self._children.append(child)
        self._attend()

    def _tell_of(self, failure: RenderFailed) -> None:
        """Where no child is left that a job could wait for, the first one is told why."""
        while self._waiting and not self._children:
            _, _, granted = self._waiting.popleft()
            if not granted.done():
                granted.set_exception(failure)
                return

    def _retire(self, child: RenderChild) -> None:
        child.on_change = None
        self._children.remove(child)
        child.kill()
        closing = asyncio.create_task(child.close())
        self._closing.add(closing)
        closing.add_done_callback(self._closing.discard)


def _failure(error: RenderFailed | OSError) -> RenderFailed:
    if isinstance(error, OSError):
        return RenderChildDied(f"a render child could not be started: {error.strerror}", detail=str(error))
    return error


def pause_seconds(ended_unused: int) -> float:
    """How long to wait before another child is started when so many in a row were of no use."""
    if ended_unused <= 1:
        return 0.0
    return min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2.0 ** min(ended_unused - 2, 10))


def longest_line(pace: float) -> int:
    """How many jobs a child may have when one takes it `pace` seconds: the last one shall begin in time."""
    in_time = int(LINE_SECONDS / pace) if pace > 0 else LINE
    return max(SHORT_LINE, min(LINE, 1 + in_time))


def _may_be_followed(child: RenderChild) -> bool:
    """Whether its line has room and its job has just begun and is not a large one."""
    turn = child.current
    return (
        turn is not None
        and child.in_line < longest_line(child.pace)
        and not turn.order.is_large
        and not turn.given_up
        and turn.elapsed() < FOLLOW_SECONDS
    )
