"""What the scheduler may do with the queue: sweep stalled jobs, mend what disagrees."""

from __future__ import annotations

from dataclasses import dataclass

from arq.connections import ArqRedis

from shared.job import JobState
from shared.queue import scripts

#: most jobs one call touches, so that no script holds Redis for long
SWEEP_LIMIT = 200
MEND_PAGE = 500


@dataclass(frozen=True, slots=True)
class StalledJob:
    """A job whose lease ended while it was active."""

    job_id: str
    #: where it is now: waiting again, or failed
    state: JobState
    #: who had it
    worker_id: str
    #: how long its lease had been over
    overdue_ms: int


@dataclass(frozen=True, slots=True)
class Swept:
    """What one sweep did."""

    promoted: int
    stalled: tuple[StalledJob, ...]

    @property
    def may_be_more(self) -> bool:
        """The limit of a call was reached: sweep again at once."""
        return self.promoted >= SWEEP_LIMIT or len(self.stalled) >= SWEEP_LIMIT


@dataclass(frozen=True, slots=True)
class Mended:
    """One repair."""

    job_id: str
    what: str


class Maintenance:
    """The scheduler's side of the queue.

    All raise `QueueUnavailable` when Redis can't take the command.
    """

    def __init__(self, redis: ArqRedis, scheduler_id: str, poison_limit: int, sweep_seconds: float) -> None:
        self._redis, self._scheduler_id, self._poison_limit = redis, scheduler_id, poison_limit
        self._remembered_seconds = max(5, round(sweep_seconds * 5))

    async def sweep(self) -> Swept:
        """Brings back what stalled and promotes what fell due, up to `SWEEP_LIMIT` of each."""
        answer = await scripts.run(
            self._redis,
            "sweep",
            *(self._poison_limit, SWEEP_LIMIT, self._scheduler_id, self._remembered_seconds),
        )
        stalled = (
            StalledJob(job_id.decode(), JobState(state.decode()), worker.decode(), int(overdue))
            for job_id, state, worker, overdue in answer[1:]
        )
        return Swept(int(answer[0]), tuple(stalled))

    async def mend(self) -> list[Mended]:
        """Goes through all unfinished records and the whole queue once, page by page."""
        repairs: list[Mended] = []
        for what in ("waiting", "delayed", "active", "queue"):
            repairs += await self._mend_one(what)
        return repairs

    async def _mend_one(self, what: str) -> list[Mended]:
        repairs: list[Mended] = []
        first = 0
        while True:
            answer = await scripts.run(self._redis, "mend", what, first, first + MEND_PAGE - 1)
            repairs += [
                Mended(job_id.decode("utf-8", "replace"), done.decode()) for job_id, done in answer[1:]
            ]
            first += MEND_PAGE
            if answer[0] < MEND_PAGE:
                return repairs
