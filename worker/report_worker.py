"""arq's worker with two of its parts replaced: how jobs are picked, and how one is run and finished.

arq's own poll reads job ids and marks them one by one, without owner or renewal, and its finish deletes
whatever is there. Its settings, task bookkeeping and shutdown stay.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from signal import SIGINT, SIGTERM, Signals

from arq.connections import ArqRedis
from arq.worker import Worker, func
from redis.exceptions import ResponseError

from shared.errors import QueueUnavailable
from shared.job import JOB_NAME
from shared.logs import get_logger
from shared.metrics import JOBS_CLAIMED, RECLAIMED_SECONDS
from shared.outage import Outage, retry_wait
from shared.pace import UNKNOWN, next_pace
from shared.queue.keys import QUEUE
from shared.queue.leases import Claim, ClaimedJob, Leases
from shared.queue.payload import decode_payload, encode_payload
from shared.settings import Settings
from worker.executor import Executor
from worker.wakeups import Wakeups

log = get_logger("worker")

#: rendered jobs a slot that may wait for the disk and for Redis while further ones are rendered: so many that
#: small reports, which take a few milliseconds each, share their syncs
STORING_PER_SLOT = 32
#: how many jobs a slot a worker claims ahead of time at most: so many that those left when a claim is sent
#: last until its answer comes, under full load as well
MOST_AHEAD_PER_SLOT = 24
#: how much work may be claimed ahead, in seconds of a render child; it bounds what a job loses that another
#: worker could have begun at once
AHEAD_SECONDS = 0.05
#: how long a job that was claimed ahead waits for a render child before it is handed back, in seconds
HOLD_SECONDS = 0.25
#: longest wait for a wake token before looking at the queue anyway, in seconds
IDLE_SECONDS = 5.0
#: longest wait for a slot, in seconds, when the next job may not be claimed ahead; another worker may have
#: taken it by then
SLOT_SECONDS = 1.0
#: how much later than planned the scheduler may look at who is connected, in seconds
SEEN_LATE_SECONDS = 0.25
#: how long it waits after a claim that Redis could not run, in seconds
CLAIM_AGAIN_SECONDS = 1.0
#: how long a worker that ends waits for the answer when it hands back what it does not know of, in seconds
DISOWN_SECONDS = 3.0


async def _run_by_executor(ctx: dict[str, object]) -> None:
    """arq wants a function for every job name; jobs are run by the executor instead."""
    raise NotImplementedError


class ReportWorker(Worker):
    """Claims with one script for all free slots, waits for wake tokens instead of polling."""

    def __init__(
        self,
        settings: Settings,
        redis: ArqRedis,
        blocking: ArqRedis,
        leases: Leases,
        executor: Executor,
        outage: Outage,
    ) -> None:
        super().__init__(
            functions=[func(_run_by_executor, name=JOB_NAME)],
            queue_name=QUEUE,
            redis_pool=redis,
            max_jobs=settings.worker_concurrency,
            job_completion_wait=round(settings.grace_seconds),
            handle_signals=False,
            job_serializer=encode_payload,
            job_deserializer=decode_payload,
        )
        self._leases, self._executor = leases, executor
        self._wakeups = Wakeups(blocking, self._wants_token)
        self._outage = outage
        self._unseen_seconds = settings.sweep_seconds / 2 + SEEN_LATE_SECONDS
        self._slot_freed = asyncio.Event()
        self._stopping = asyncio.Event()
        #: rendered jobs, by id and fence, whose PDF is not on disk or not on record yet
        self._storing: set[str] = set()
        #: a claim was sent whose answer has not come: Redis may have given us jobs that we don't know of
        self._unanswered = False
        #: running jobs, by id and fence, that are large and still need their child
        self._large: set[str] = set()
        self._max_large = settings.slots_for_large_jobs
        #: how long renders took lately, in seconds
        self._pace = UNKNOWN
        self._claim_again = False
        #: the next job must not be claimed ahead
        self._needs_slot = False
        self._idle_seconds = IDLE_SECONDS

    def install_signal_handlers(self) -> None:
        """SIGINT and SIGTERM: take no more jobs, let running ones finish within the grace time.

        What is not done by then is handed back. A second signal does not wait.
        """
        for signum in (SIGINT, SIGTERM):
            self._add_signal_handler(signum, self._on_signal)

    async def main(self) -> None:
        """Claims and waits, until cancelled.

        The first claim waits until the scheduler, which looks twice in a sweep, has seen our connections: it
        can't notice the end of a worker that it never saw. Render children are started in that time.
        """
        await asyncio.sleep(self._unseen_seconds)
        while True:
            await self._poll_iteration()
            await self._wait_for_work()

    async def close(self) -> None:
        """Ends what still runs. The Redis client is its owner's to close."""
        self._stopping.set()
        tasks = list(self.tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._unanswered:
            with contextlib.suppress(QueueUnavailable, TimeoutError):
                async with asyncio.timeout(DISOWN_SECONDS):
                    await self._disown()

    async def _disown(self) -> None:
        """Hands back what an unanswered claim may have given us, before its lease ends.

        Twice: Redis reads connections in any order, and may have the claim before it though it was sent and
        given up earlier. When the first answer is there, Redis has read that, too.
        """
        known = [(job_id, int(fence)) for job_id, _, fence in (key.rpartition(":") for key in self.tasks)]
        for job_id in (*await self._leases.disown(known), *await self._leases.disown(known)):
            log.info("job handed back: the answer to its claim was lost", job_id=job_id)

    async def _poll_iteration(self) -> None:
        free = self._free_slots()
        self._slot_freed.clear()
        if not free or not self.allow_pick_jobs:
            return
        await self._take(free, self._leases.claim)

    async def _take(self, free: int, claiming: Callable[[int, int, int], Awaitable[Claim | None]]) -> None:
        """Starts the jobs that a claim for `free` slots brings."""
        try:
            if self._unanswered:
                await self._disown()
            self._unanswered = True
            now = max(0, self.max_jobs - self.job_counter)
            claim = await claiming(free, min(free, self._max_large - len(self._large)), now)
            if claim is None:
                await self._disown()
            self._unanswered = False
        except QueueUnavailable as error:
            self._outage.failed("claim", error)
            await asyncio.sleep(retry_wait())
            self._claim_again = True
            return
        except ResponseError:
            # what one job has done to a script must not end the renders of the others
            log.exception("redis could not run a claim")
            await asyncio.sleep(CLAIM_AGAIN_SECONDS)
            self._claim_again = True
            return
        self._outage.worked("claim")
        if claim is not None:
            for job in claim.jobs:
                self._start(job)
            self._plan_next(claim, free)

    def _start(self, job: ClaimedJob) -> None:
        self.job_counter += 1
        JOBS_CLAIMED.inc()
        if job.lost_ms is not None:
            RECLAIMED_SECONDS.observe(job.lost_ms / 1000)
        log.debug(
            "job claimed", job_id=job.id, attempt=job.attempt, fence=job.fence, request_id=job.request_id
        )
        key = f"{job.id}:{job.fence}"
        if job.is_large:
            self._large.add(key)
        hold_seconds = HOLD_SECONDS if self.job_counter > self.max_jobs else None
        task = asyncio.create_task(
            self._executor.run(job, lambda took: self._rendered(key, took), hold_seconds)
        )
        self.tasks[key] = task
        task.add_done_callback(lambda done: self._ended(key, done))

    def _rendered(self, key: str, took: float) -> None:
        """The next job may be rendered while this one is stored and recorded."""
        self.job_counter -= 1
        self._large.discard(key)
        self._pace = next_pace(self._pace, took)
        self._storing.add(key)
        self._slot_freed.set()

    def _ended(self, key: str, task: asyncio.Task[None]) -> None:
        if key in self._storing:
            self._storing.remove(key)
        else:
            self.job_counter -= 1
            # it never got through its render, perhaps since it waited in vain for a child
            self._pace = UNKNOWN
        self._large.discard(key)
        del self.tasks[key]
        self._slot_freed.set()
        if not task.cancelled() and (error := task.exception()):
            log.error("running a job raised; its lease will end", job=key, exc_info=error)

    def _free_slots(self) -> int:
        """How many jobs may be claimed. When storing or Redis can't keep up, rendering waits for it.

        What is claimed ahead is filled up when half of it is used, so that one claim brings several.
        """
        if len(self._storing) >= STORING_PER_SLOT * self.max_jobs:
            return 0
        ahead = ahead_per_slot(self._pace) * self.max_jobs
        free = max(0, self.max_jobs + ahead - self.job_counter)
        return free if self.job_counter < self.max_jobs or free > ahead // 2 else 0

    def _wants_token(self) -> bool:
        """Whether a claim may bring something now. If not, another worker is to have the token."""
        if not self.allow_pick_jobs or (self._needs_slot and self.job_counter >= self.max_jobs):
            return False
        return self._free_slots() > 0

    def _plan_next(self, claim: Claim, asked: int) -> None:
        """All slots were filled: there may be more. Otherwise: sleep until the next entry falls due."""
        self._claim_again = len(claim.jobs) == asked
        self._needs_slot = claim.next_due_ms == 0
        due = IDLE_SECONDS if claim.next_due_ms is None else claim.next_due_ms / 1000
        self._idle_seconds = max(0.01, min(IDLE_SECONDS, due))

    async def _wait_for_work(self) -> None:
        """Returns when there is reason to claim, or when what a claim left with Redis brought is begun."""
        if not self._wants_token():
            self._wakeups.pass_on()
        if not self.allow_pick_jobs:
            await asyncio.Event().wait()
        free = self._free_slots()
        if not free:
            await self._slot_freed.wait()
        elif self._needs_slot:
            await self._slot_or(SLOT_SECONDS)
        elif not self._claim_again:
            if self._idle_seconds < IDLE_SECONDS or self._wakeups.is_asking:
                await self._wakeups.wait(self._idle_seconds)
            else:
                await self._take(free, self._claim_when_woken)

    async def _slot_or(self, seconds: float) -> None:
        """Returns when a job that is claimed would begin at once, or when the time is over.

        Wake tokens go to workers that have a free slot.
        """
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while self.job_counter >= self.max_jobs:
                    await self._slot_freed.wait()
                    self._slot_freed.clear()

    def _claim_when_woken(self, free: int, large: int, now: int) -> Awaitable[Claim | None]:
        """Leaves a claim with Redis. No other may be sent meanwhile: it would be for the same slots."""
        return self._leases.claim_when_woken(self._wakeups.pop_and_run, free, large, now)

    def _on_signal(self, signum: Signals) -> None:
        again = self._stopping.is_set()
        self._stopping.set()
        self._slot_freed.set()
        self._wakeups.wake()
        log.info("shutting down", signal=Signals(signum).name, running=len(self.tasks), hurry=again)
        if again or not self._job_completion_wait:
            self.handle_sig(signum)
        else:
            self.handle_sig_wait_for_completion(signum)


def ahead_per_slot(pace: float) -> int:
    """How many jobs a slot may be claimed ahead when a render takes `pace` seconds."""
    return min(MOST_AHEAD_PER_SLOT, int(AHEAD_SECONDS / pace)) if pace > 0 else MOST_AHEAD_PER_SLOT
