"""What schedulers may do with the queue: sweep, hand back what a lost worker owned, mend, forget what is old.

One scheduler leads, and only the leader's calls do anything. The leadership is taken or renewed by the same
scripts that act: see `lead` in `lua/lib/leadership.lua`.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import Any

from arq.connections import ArqRedis

from shared.errors import QueueUnavailable
from shared.job import JobState
from shared.queue import keys, scripts
from shared.redis import unavailable_on_redis_errors

#: most jobs one call touches, so that no script holds Redis for long
SWEEP_LIMIT = 200
MEND_PAGE = 500
#: most pages that one round of mending looks at: about 0.1 s of Redis
MEND_PAGES = 40
LOST_PAGE = 200
EXPIRE_LIMIT = 200

#: how many sweeps a leader may miss, and the shortest leadership, in ms
LEADERSHIP_SWEEPS = 3
SHORTEST_LEADERSHIP_MS = 2_000


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
    #: False: it was claimed ahead and came back at no cost
    had_begun: bool


@dataclass(frozen=True, slots=True)
class Swept:
    """What one sweep did."""

    promoted: int
    stalled: tuple[StalledJob, ...]
    #: leases that ended while Redis was away, and were prolonged so that their owners can renew them
    reprieved: int = 0

    @property
    def may_be_more(self) -> bool:
        """The limit of a call was reached: sweep again at once."""
        return self.promoted >= SWEEP_LIMIT or len(self.stalled) + self.reprieved >= SWEEP_LIMIT


@dataclass(frozen=True, slots=True)
class HandedBack:
    """A job that was taken from a lost worker before its lease ended."""

    job_id: str
    #: where it is now: waiting again, or failed
    state: JobState
    #: False: it was claimed ahead and came back at no cost
    had_begun: bool


@dataclass(frozen=True, slots=True)
class Mended:
    """One repair."""

    job_id: str
    what: str
    #: False: nothing could be done, and `what` says why
    done: bool = True


@dataclass(frozen=True, slots=True)
class Expired:
    """Finished jobs that were forgotten."""

    jobs: int
    #: the PDFs that their records named; the caller deletes them
    file_names: tuple[str, ...]

    @property
    def may_be_more(self) -> bool:
        """The limit of a call was reached."""
        return self.jobs >= EXPIRE_LIMIT


@dataclass(frozen=True, slots=True)
class _Place:
    """Where mending goes on."""

    #: which of `_MENDED` is gone through
    part: int = 0
    #: the score at which the next page begins, and how many entries with it were seen
    score: bytes = b"-inf"
    seen: int = 0


#: what mending goes through, in this order
_MENDED = ("waiting", "delayed", "active", "queue")


class Maintenance:
    """The scheduler's side of the queue.

    All raise `QueueUnavailable` when Redis can't take the command.
    """

    def __init__(
        self,
        redis: ArqRedis,
        scheduler_id: str,
        poison_limit: int,
        sweep_seconds: float,
        lease_seconds: float = 10.0,
    ) -> None:
        self._redis, self._scheduler_id, self._poison_limit = redis, scheduler_id, poison_limit
        self._sweep_ms, self._lease_ms = round(sweep_seconds * 1000), round(lease_seconds * 1000)
        self._leadership_ms = max(SHORTEST_LEADERSHIP_MS, LEADERSHIP_SWEEPS * self._sweep_ms)
        self._token = 0
        self._mending = _Place()

    @property
    def leads(self) -> bool:
        """Whether the last call was that of the leader."""
        return self._token != 0

    async def sweep(self) -> Swept:
        """Brings back what stalled and promotes what fell due, up to `SWEEP_LIMIT` of each."""
        promoted, reprieved, *stalled = await self._run(
            "sweep", self._poison_limit, SWEEP_LIMIT, self._lease_ms, self._sweep_ms
        )
        return Swept(
            int(promoted),
            tuple(
                StalledJob(
                    job_id.decode(), JobState(state.decode()), worker.decode(), int(overdue), bool(begun)
                )
                for job_id, state, worker, overdue, begun in stalled
            ),
            int(reprieved),
        )

    async def hand_back(self, worker_id: str, gone_ms: int, last_seen_ms: int) -> list[HandedBack] | None:
        """Takes back all that a worker owns whose connections are gone.

        Args:
            worker_id: the worker.
            gone_ms: since when it has been seen gone, on Redis's clock.
            last_seen_ms: when it was last seen connected, on Redis's clock.

        Returns:
            The jobs; None when the worker gave a sign of life since `gone_ms`, and nothing was done.
        """
        found: list[HandedBack] = []
        first, most = b"-inf", LOST_PAGE
        while first:
            following, *jobs = await self._run(
                "lost", *(self._poison_limit, worker_id, gone_ms, last_seen_ms, first, most)
            )
            if following == b"alive":
                return found or None
            found += [
                HandedBack(job_id.decode(), JobState(state.decode()), bool(begun))
                for job_id, state, begun in jobs
            ]
            # a page of leases that all end at one moment: the next one must reach further
            most = 2 * most if following == first else LOST_PAGE
            first = following
        return found

    async def mend(self) -> list[Mended]:
        """Goes through all unfinished records and the whole queue, page by page.

        Of more than `MEND_PAGES` pages it looks at so many, and the next call goes on from there: the cost of
        a round does not grow with the jobs that wait.
        """
        repairs: list[Mended] = []
        for _ in range(MEND_PAGES):
            repairs += await self._mend_page()
            if self._mending == _Place():
                break
        return repairs

    async def expire(self, state: JobState, age_ms: int | None, keep: int | None) -> Expired:
        """Forgets finished jobs of a state, the oldest first, up to `EXPIRE_LIMIT`.

        Args:
            state: completed, failed or cancelled.
            age_ms: jobs that ended longer ago go; None: no age is too old.
            keep: only so many stay; None: all.
        """
        limits = ["" if limit is None else limit for limit in (age_ms, keep)]
        jobs, *names = await self._run("expire", state.value, *limits, EXPIRE_LIMIT)
        return Expired(int(jobs), tuple(name.decode() for name in names))

    async def volume(self) -> str | None:
        """The name of the volume whose files belong to these records; None when none was ever named."""
        with unavailable_on_redis_errors():
            name = await self._redis.get(keys.VOLUME)
        return name.decode() if name else None

    async def name_volume(self, name: str) -> None:
        """Notes once and for all which volume holds the files of these records."""
        with unavailable_on_redis_errors():
            await self._redis.set(keys.VOLUME, name, nx=True)

    async def resign(self) -> None:
        """Gives up the leadership, for the next scheduler to take at once."""
        with contextlib.suppress(QueueUnavailable):
            await scripts.run(self._redis, "resign", self._token)
        self._token = 0

    async def _mend_page(self) -> list[Mended]:
        place = self._mending
        score, seen, *done = await self._run("mend", _MENDED[place.part], place.score, place.seen, MEND_PAGE)
        if score:
            self._mending = _Place(place.part, score, seen)
        else:  # the next part; after the last one, or when another scheduler leads, from the start
            self._mending = _Place((place.part + 1) % len(_MENDED) if self.leads else 0)
        return [
            Mended(job_id.decode("utf-8", "replace"), what.decode("utf-8", "replace"), bool(whole))
            for job_id, what, whole in done
        ]

    async def _run(self, name: str, *arguments: scripts.Argument) -> list[Any]:
        """Runs a script that only the leader may; its answer without the token."""
        sent = self._token
        leader = (self._scheduler_id, sent, self._leadership_ms)
        token, *answer = await scripts.run(self._redis, name, *leader, *arguments)
        if token or self._token == sent:  # a call beside this one may have taken the leadership meanwhile
            self._token = int(token)
        return list(answer)
