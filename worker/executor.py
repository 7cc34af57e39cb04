"""Runs claimed jobs: render in a child, publish the file, finish under the fence."""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
import traceback
from collections import OrderedDict
from collections.abc import Callable, Iterator
from typing import Any

from shared.errors import (
    LeaseLost,
    PressroomError,
    RecordDamaged,
    RenderChildDied,
    RenderTimeout,
    StorageError,
    StorageFailed,
    StorageUnavailable,
)
from shared.job import JobState
from shared.logs import get_logger
from shared.metrics import JOBS_RUNNING, RECOVERED_SECONDS, RENDER_CHILDREN_KILLED
from shared.queue.leases import ClaimedJob, HandBack, Leases
from shared.settings import Settings
from shared.storage import DatasetStorage, ReportStorage, report_file_name, scratch_file_name
from shared.storage.folders import discard
from worker.arq_results import arq_failure, arq_success
from worker.children.pool import ChildPool, NoChildFree
from worker.children.protocol import DatasetFile, Done, Failed, Task
from worker.children.turns import Order, ProgressHandler, Turn
from worker.datasets import may_name_datasets, named_datasets, release
from worker.listeners import AttemptFailed, Completed, Listeners, Stalled
from worker.patience import until_redis_is_back
from worker.progress import ProgressReporter
from worker.retries import backoff_ms, is_retryable
from worker.running import CANCELLED, HANDED_BACK, RunningJob, reason_of

log = get_logger("worker")

#: words to stop a job which is not here that are kept for the case that it comes
MOST_STOPS = 1000
#: what the timeline says when a cancelled job is no longer in our hands
RENDER_STOPPED = "the render was stopped and its child is gone"
LINE_LEFT = "it left the line for a render child"


class Executor:
    """Runs jobs; knows which are running, and can stop each of them."""

    def __init__(
        self,
        settings: Settings,
        leases: Leases,
        children: ChildPool,
        storage: ReportStorage,
        listeners: Listeners,
        datasets: DatasetStorage,
    ) -> None:
        self._settings, self._leases, self._children = settings, leases, children
        self._storage, self._listeners, self._datasets = storage, listeners, datasets
        self._scratch = os.fspath(storage.scratch)
        #: by id and fence: a job that came back to us may still be here under its older fence
        self._running: dict[tuple[str, int], RunningJob] = {}
        #: by id and fence: why a job is to be stopped that is not here
        self._stops: OrderedDict[tuple[str, int], str] = OrderedDict()
        #: how many of them still need a child
        self._unrendered = 0
        #: set while jobs are in our hands
        self.busy = asyncio.Event()

    def running(self) -> list[tuple[str, int]]:
        """Id and fence of every job in our hands."""
        return list(self._running)

    async def run(
        self, job: ClaimedJob, on_rendered: Callable[[float], None], hold_seconds: float | None = None
    ) -> None:
        """Brings one claimed job to an end. Cancelled, it hands the job back.

        Args:
            job: the job.
            on_rendered: called when it needs no child any more, with the seconds that its child took. Its
                file still has to be stored and recorded.
            hold_seconds: how long it may wait for a child before it is handed back; None: for ever.
        """
        with self._held(job, on_rendered) as entry:
            try:
                await self._attempt(entry, hold_seconds)
            except NoChildFree:
                await (self._let_go(entry) if entry.stopped else self._give_back(entry))
            except asyncio.CancelledError:
                await self._hand_back(entry)
            except LeaseLost as lost:
                entry.stopped = entry.stopped or reason_of(lost.state)
                await self._let_go(entry)

    def stop(self, job_id: str, reason: str, fence: int) -> None:
        """Stops a job that is no longer ours to run, and nothing is written for it.

        Its child is killed, or the job leaves the line of those that wait for one.
        """
        entry = self._running.get((job_id, fence))
        if entry is None:
            self._remember(job_id, fence, reason)
            return
        if entry.stopped:
            return
        entry.stopped = reason
        if entry.hold is not None and not entry.hold.expired():
            entry.hold.reschedule(0)
        elif entry.fetch is not None and not entry.fetch.expired():
            entry.fetch.reschedule(0)
        elif entry.turn is not None and not entry.turn.answered.done():
            entry.turn.child.kill()
            RENDER_CHILDREN_KILLED.labels(reason).inc()

    def _remember(self, job_id: str, fence: int, reason: str) -> None:
        """The word may come before the answer to its claim has; mostly the job has just ended."""
        self._stops[job_id, fence] = reason
        while len(self._stops) > MOST_STOPS:
            self._stops.popitem(last=False)

    @contextlib.contextmanager
    def _held(self, job: ClaimedJob, on_rendered: Callable[[float], None]) -> Iterator[RunningJob]:
        entry = RunningJob(job, on_rendered, stopped=self._stops.pop((job.id, job.fence), ""))
        self._running[job.id, job.fence] = entry
        self._unrendered += 1
        self.busy.set()
        JOBS_RUNNING.set(len(self._running))
        try:
            yield entry
        finally:
            del self._running[job.id, job.fence]
            self._unrendered -= not entry.rendered
            if not self._running:
                self.busy.clear()
            JOBS_RUNNING.set(len(self._running))
            entry.gone.set()

    async def _attempt(self, entry: RunningJob, hold_seconds: float | None) -> None:
        try:
            if entry.job.damage:
                raise RecordDamaged(entry.job.damage)
            answer = await self._render(entry, hold_seconds)
            if isinstance(answer, Done):
                await self._finish(entry, answer)
            else:
                await self._fail(entry, answer)
        except PressroomError as error:
            if isinstance(error, LeaseLost) or entry.stopped:
                state = error.state if isinstance(error, LeaseLost) else ""
                raise LeaseLost(entry.job.id, entry.job.fence, state) from error
            await self._fail(entry, _failed(error))
        except OSError as error:
            await self._fail(entry, _failed(StorageFailed(error)))
        except NoChildFree:
            raise
        except Exception as error:
            # left alone, it would be taken for the loss of this worker when the lease ends
            log.exception("running a job raised", job_id=entry.job.id)
            await self._fail(entry, Failed.of(error, detail=traceback.format_exc(limit=-12)))
        finally:
            if entry.target and not entry.published:
                discard(entry.target)

    async def _render(self, entry: RunningJob, hold_seconds: float | None) -> Done | Failed:
        job = entry.job

        def lost(state: str) -> None:
            self.stop(job.id, reason_of(state), job.fence)

        async with ProgressReporter(self._leases, job, lost) as reporter:
            order = await self._order(entry, reporter.update)
            try:
                turn = await self._begin(entry, order, hold_seconds)
                try:
                    return await self._answer(entry, turn)
                finally:
                    self._children.leave(turn)
            finally:
                if order.task.datasets:
                    release(order.task.datasets, self._datasets)

    async def _begin(self, entry: RunningJob, order: Order, hold_seconds: float | None) -> Turn:
        _unless_stopped(entry)
        entry.hold = asyncio.timeout(hold_seconds)
        try:
            turn = await self._children.begin(order, entry.hold)
        finally:
            entry.hold = None
        entry.target = turn.target
        return turn

    async def _answer(self, entry: RunningJob, turn: Turn) -> Done | Failed:
        _unless_stopped(entry)
        entry.turn = turn
        seconds = entry.job.timeout_seconds
        try:
            async with asyncio.timeout(seconds):
                answer = await turn.child.answer(turn)
        except TimeoutError:
            RENDER_CHILDREN_KILLED.labels("timeout").inc()
            raise RenderTimeout(seconds) from None
        finally:
            entry.turn = None
        entry.rendered = True
        self._unrendered -= 1
        entry.on_rendered(turn.took(answer))
        return answer

    async def _order(self, entry: RunningJob, on_progress: ProgressHandler) -> Order:
        job = entry.job

        def target(number: int) -> str:
            return f"{self._scratch}/{scratch_file_name(job.id, job.fence, number)}"

        datasets = await self._datasets_of(entry) if may_name_datasets(job.payload) else ()
        task = self._task(job, target(0), datasets)
        return Order(task, job.payload, on_progress, target, job.is_large)

    async def _datasets_of(self, entry: RunningJob) -> tuple[DatasetFile, ...]:
        """They may be fetched from afar, and the job may be stopped meanwhile."""
        _unless_stopped(entry)
        seconds = entry.job.timeout_seconds
        entry.fetch = asyncio.timeout(seconds)
        try:
            async with entry.fetch:
                return await named_datasets(entry.job.payload, self._datasets)
        except TimeoutError:
            _unless_stopped(entry)
            raise StorageUnavailable(f"the datasets did not come within {seconds:g} s") from None
        finally:
            entry.fetch = None

    def _task(self, job: ClaimedJob, target: str, datasets: tuple[DatasetFile, ...]) -> Task:
        settings = self._settings
        return Task(
            job_id=job.id,
            created_at_ms=job.created_at_ms,
            target=target,
            max_pages=settings.max_pages,
            max_rows=settings.max_rows,
            max_image_pixels=settings.max_image_pixels,
            cpu_seconds=settings.render_cpu_seconds,
            datasets=datasets,
        )

    async def _finish(self, entry: RunningJob, done: Done) -> None:
        job = entry.job
        file_name = report_file_name(done.report_type, job.id, job.fence)
        await self._storage.publish(entry.target, file_name, more_to_come=self._is_crowded())
        entry.published = True
        result = _result(done, file_name)
        arq_result = arq_success(job, result) if job.origin == "arq" else b""
        try:
            await until_redis_is_back(lambda: self._leases.complete(job, result, arq_result))
        except LeaseLost:
            # nobody will ever be served this file: the record names another one or none
            with contextlib.suppress(OSError, StorageError):
                await self._storage.delete(file_name)
            raise
        if job.lost_ms is not None:
            RECOVERED_SECONDS.observe(job.lost_ms / 1000 + time.monotonic() - entry.since)
        self._listeners.emit(Completed(job, done.report_type, result))

    def _is_crowded(self) -> bool:
        """Whether jobs wait here for a child, so that further files will follow within moments."""
        return self._unrendered > self._settings.worker_concurrency

    async def _fail(self, entry: RunningJob, failed: Failed) -> None:
        job = entry.job
        error = {"type": failed.type, "message": failed.message, "detail": failed.detail}
        arq_result = arq_failure(job, failed.message) if job.origin == "arq" else b""
        delay = backoff_ms(job.attempt, self._settings.retry_base_seconds, self._settings.retry_max_seconds)
        state: JobState = await until_redis_is_back(
            lambda: self._leases.fail(
                job, error, retryable=is_retryable(failed.type), delay_ms=delay, arq_result=arq_result
            )
        )
        self._listeners.emit(AttemptFailed(job, failed.report_type, error, state.value))

    async def _give_back(self, entry: RunningJob) -> None:
        """The job waited for a child in vain: another worker may have one."""
        entry.stopped = entry.stopped or HANDED_BACK
        try:
            released = await until_redis_is_back(lambda: self._leases.release(entry.job, HandBack.NO_CHILD))
        except asyncio.CancelledError:
            await self._hand_back(entry)
        else:
            log.info("job handed back: no render child was free", job_id=entry.job.id, released=released)

    async def _hand_back(self, entry: RunningJob) -> None:
        """At shutdown. When Redis is away the lease ends by itself, and the sweep brings the job back."""
        entry.stopped = entry.stopped or HANDED_BACK
        with contextlib.suppress(PressroomError):
            released = await asyncio.shield(self._leases.release(entry.job, HandBack.SHUTDOWN))
            log.info("job handed back", job_id=entry.job.id, released=released)

    async def _let_go(self, entry: RunningJob) -> None:
        if entry.stopped != CANCELLED:
            self._listeners.emit(Stalled(entry.job))
            return
        what = RENDER_STOPPED if entry.target else LINE_LEFT
        log.info("job cancelled", job_id=entry.job.id, stopped=what)
        with contextlib.suppress(PressroomError):
            await until_redis_is_back(lambda: self._leases.note(entry.job.id, "stopped", what), quietly=True)


def _unless_stopped(entry: RunningJob) -> None:
    if entry.stopped:
        raise LeaseLost(entry.job.id, entry.job.fence)


def _failed(error: PressroomError) -> Failed:
    detail = error.detail if isinstance(error, RenderChildDied) else ""
    return Failed("", type(error).__name__, str(error), detail, worn_out=isinstance(error, RenderChildDied))


def _result(done: Done, file_name: str) -> dict[str, Any]:
    return {
        "success": True,
        "reportUrl": f"/uploads/{file_name}",
        "fileName": file_name,
        "fileSize": done.file_size,
        "pages": done.pages,
        "sha256": done.sha256,
        "rowsReceived": done.rows_received,
        "rowsRendered": done.rows_rendered,
        "warnings": list(done.warnings),
        "controlTotals": list(done.control_totals),
        "renderMs": done.render_ms,
        "peakRssMb": done.peak_rss_mb,
    }
