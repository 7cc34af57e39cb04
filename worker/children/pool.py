"""As many warm render children as a worker has slots."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from shared.errors import RenderFailed
from shared.logs import get_logger
from shared.settings import Settings
from worker.children.forking import ForkServer
from worker.children.process import RenderChild

log = get_logger(__name__)


class NoChildFree(Exception):
    """All children worked for as long as a job was to wait for one."""


class ChildPool:
    """Lends out children; a dead or worn-out one is replaced at once, in the background."""

    def __init__(self, settings: Settings) -> None:
        self._server = ForkServer(settings.render_memory_mb)
        self._jobs_per_child = settings.render_jobs_per_child
        self._size = settings.worker_concurrency
        #: one entry a slot: the start of the child that will serve it
        self._starting: asyncio.Queue[asyncio.Task[RenderChild]] = asyncio.Queue()
        self._closing: set[asyncio.Task[None]] = set()

    def start(self) -> None:
        """Begins to start all children; nobody waits for them yet."""
        for _ in range(self._size):
            self._start_one()

    @asynccontextmanager
    async def child(self, hold_seconds: float | None = None) -> AsyncIterator[RenderChild]:
        """A child for one job. Whoever kills it need not say so.

        Raises:
            NoChildFree: none was within `hold_seconds`.
            RenderChildDied, RenderOutOfMemory: no child could be started.
        """
        starting = await self._free(hold_seconds)
        try:
            child = await _started(starting)
            while not child.is_reusable:  # it died while it was idle, which is no job's fault
                self._retire(child)
                self._start_one()
                starting = await self._starting.get()
                child = await _started(starting)
        except RenderFailed:
            self._start_one()
            raise
        except asyncio.CancelledError:
            self._starting.put_nowait(starting)
            raise
        finished = False
        try:
            yield child
            finished = True
        finally:
            # a job that was left in the middle leaves a child that still works on it
            if finished and child.is_reusable and child.jobs < self._jobs_per_child:
                self._starting.put_nowait(starting)
            else:
                self._retire(child)
                self._start_one()

    async def close(self) -> None:
        """Kills all children and waits until they are gone."""
        while not self._starting.empty():
            starting = self._starting.get_nowait()
            if starting.done() and not starting.cancelled() and starting.exception() is None:
                self._retire(starting.result())
            else:
                starting.cancel()
                await asyncio.gather(starting, return_exceptions=True)
        await asyncio.gather(*self._closing, return_exceptions=True)
        await self._server.close()

    async def _free(self, hold_seconds: float | None) -> asyncio.Task[RenderChild]:
        if not self._starting.empty():
            return self._starting.get_nowait()
        try:
            async with asyncio.timeout(hold_seconds):
                return await self._starting.get()
        except TimeoutError:
            raise NoChildFree from None

    def _start_one(self) -> None:
        starting = asyncio.create_task(RenderChild.start(self._server))
        starting.add_done_callback(_log_failed_start)
        self._starting.put_nowait(starting)

    def _retire(self, child: RenderChild) -> None:
        child.kill()
        closing = asyncio.create_task(child.close())
        self._closing.add(closing)
        closing.add_done_callback(self._closing.discard)


async def _started(starting: asyncio.Task[RenderChild]) -> RenderChild:
    """The child; who stops waiting for it does not stop its start."""
    return starting.result() if starting.done() else await asyncio.shield(starting)


def _log_failed_start(starting: asyncio.Task[RenderChild]) -> None:
    if not starting.cancelled() and (error := starting.exception()):
        log.error("render child did not start", reason=str(error), detail=getattr(error, "detail", ""))
