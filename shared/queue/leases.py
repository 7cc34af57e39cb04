"""What a worker may do with jobs: claim them under a lease and a fence, renew, report, finish, hand back."""

from __future__ import annotations

from collections.abc import Awaitable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from arq.connections import ArqRedis
from pydantic_core import to_json
from redis.exceptions import NoScriptError

from shared.errors import LeaseLost
from shared.job import JobState
from shared.queue import scripts

#: how long arq's result of a job that an arq client enqueued is kept, in seconds
ARQ_RESULT_SECONDS = 24 * 3600
#: what a claim answers that was left with Redis by a worker that gave no sign of life lately
_GAVE_NO_SIGN = -2


@dataclass(frozen=True, slots=True)
class ClaimedJob:
    """A job that this worker owns until its lease ends."""

    id: str
    #: every write names it; a larger one exists as soon as somebody else owns the job
    fence: int
    #: counts from 1
    attempt: int
    max_attempts: int
    timeout_seconds: float
    created_at_ms: int
    request_id: str
    #: `arq` when an arq client enqueued it, else empty
    origin: str
    #: see `shared.queue.payload`
    payload: bytes
    #: how long ago the worker was last heard of under which the job was lost; None: it was not lost
    lost_ms: int | None = None
    #: it may take only some of a worker's slots, see `shared.queue.commands.Large`
    is_large: bool = False
    #: what of its record can't be read, so that it can only be failed; empty: nothing
    damage: str = ""


class RunWhenWoken(Protocol):
    """Waits for a wake token, then runs a script. None: the wait was ended from outside."""

    def __call__(self, name: str, *arguments: scripts.Argument) -> Awaitable[Any]: ...


class HandBack(StrEnum):
    """Why a worker hands a job back that it has claimed; the words of the timeline."""

    SHUTDOWN = "handed back: its worker shuts down"
    NO_CHILD = "handed back: it was claimed ahead, and no render child was free in time"


#: recovery.lua's words in the timeline, for a job that was claimed ahead and had told no progress
LOST_BEFORE_IT_BEGAN = "handed back: its worker was lost before it began"


@dataclass(frozen=True, slots=True)
class LostLease:
    """A job that a worker believed to be its own."""

    job_id: str
    #: the stale one
    fence: int
    #: the state it is in; None: it is gone
    state: JobState | None


@dataclass(frozen=True, slots=True)
class Claim:
    """The answer to a claim."""

    jobs: tuple[ClaimedJob, ...]
    #: milliseconds until another entry may become claimable by itself; None: nothing is in sight. 0: the next
    #: job is there, but it must not be claimed ahead
    next_due_ms: int | None


class Leases:
    """The worker's side of the queue.

    Each call is one atomic step of a script; those of one moment may share a run of it.

    All raise `QueueUnavailable` when Redis can't take the command.
    """

    def __init__(self, redis: ArqRedis, worker_id: str, lease_ms: int, poison_limit: int) -> None:
        self._redis, self._worker_id = redis, worker_id
        self._lease_ms, self._poison_limit = lease_ms, poison_limit

    async def claim(self, slots: int, large: int | None = None, now: int | None = None) -> Claim:
        """Claims up to `slots` jobs, first the most urgent.

        Args:
            slots: how many may be claimed.
            large: how many of them may be large; None: all.
            now: how many of them begin at once, None: all. The others are claimed ahead: when this worker is
                lost before they tell progress, they come back at no cost. A job that lost a worker is never
                among them.
        """
        return _claim(await scripts.run(self._redis, "claim", *self._claim_arguments(slots, large, now)))

    async def claim_when_woken(
        self, run: RunWhenWoken, slots: int, large: int | None = None, now: int | None = None
    ) -> Claim | None:
        """The same once there is a wake token, or some seconds later.

        Args:
            run: waits, and has Redis run a script.
            slots: free slots; no fewer may be free when the answer comes.
            large: as in `claim`.
            now: as in `claim`; no fewer may begin at once when the answer comes.

        Returns:
            None: the wait was ended from outside, and Redis may have given jobs that we don't know of.
        """
        try:
            answer = await run("claim", *self._claim_arguments(slots, large, now), "1")
        except NoScriptError:
            return await self.claim(slots, large, now)
        if answer is None:
            return None
        # who reads that it gave no sign of life is alive after all
        return await self.claim(slots, large, now) if answer[0] == _GAVE_NO_SIGN else _claim(answer)

    def _claim_arguments(self, slots: int, large: int | None, now: int | None) -> list[scripts.Argument]:
        return [
            *(self._worker_id, slots, self._lease_ms, self._poison_limit),
            slots if large is None else large,
            slots if now is None else now,
        ]

    async def heartbeat(
        self, running: Iterable[tuple[str, int]], presence: Mapping[str, str]
    ) -> list[LostLease]:
        """Renews the leases of `running` (id, fence) and this worker's presence; returns what is lost."""
        values = [text for item in presence.items() for text in item]
        leases = [part for item in running for part in item]
        lost = await scripts.run(
            self._redis, "heartbeat", self._worker_id, self._lease_ms, len(values), *values, *leases
        )
        return [_lost(*item) for item in lost]

    async def progress(self, job: ClaimedJob, percent: int, stage: str) -> None:
        """Notes how far the job is.

        Raises:
            LeaseLost: the fence is stale.
        """
        lost = await scripts.run(self._redis, "progress", job.id, job.fence, percent, stage)
        if lost:
            raise LeaseLost(job.id, job.fence, lost.decode())

    async def complete(self, job: ClaimedJob, result: Mapping[str, Any], arq_result: bytes = b"") -> None:
        """Publishes the job's result; once more after a lost reply is harmless.

        Raises:
            LeaseLost: the fence is stale, and the result was not taken.
        """
        answer = await scripts.run(
            self._redis,
            "complete",
            *(job.id, job.fence, to_json(result), arq_result, ARQ_RESULT_SECONDS),
            *(result.get("fileSize", 0), result.get("pages", 0)),
        )
        if answer.startswith(b"stale"):
            raise LeaseLost(job.id, job.fence, answer.decode().removeprefix("stale "))

    async def fail(
        self,
        job: ClaimedJob,
        error: Mapping[str, str],
        *,
        retryable: bool,
        delay_ms: int,
        arq_result: bytes = b"",
    ) -> JobState:
        """Ends the attempt; returns the state it put the job in. Once more after a lost reply is harmless.

        Args:
            job: the attempt.
            error: `{type, message, detail}`.
            retryable: another attempt may succeed.
            delay_ms: wait before the next attempt, if there is one.
            arq_result: for an arq client, in case the job failed.

        Raises:
            LeaseLost: the fence is stale.
        """
        answer, state = await scripts.run(
            self._redis,
            "fail",
            *(job.id, job.fence, error["message"], to_json(error)),
            *("1" if retryable else "0", delay_ms, arq_result, ARQ_RESULT_SECONDS),
        )
        if answer == b"stale":
            raise LeaseLost(job.id, job.fence, state.decode())
        return JobState(answer.decode())

    async def release(self, job: ClaimedJob, why: HandBack) -> bool:
        """Hands the job back without costing an attempt; False when it was no longer ours."""
        return bool(await scripts.run(self._redis, "release", job.id, job.fence, why.value) != b"stale")

    async def disown(self, known: Iterable[tuple[str, int]]) -> list[str]:
        """Hands back what this worker owns besides `known` (id, fence), at no cost; the ids.

        For a claim whose answer was lost: Redis may have given jobs that nobody runs.
        """
        held = [part for item in known for part in item]
        return [raw.decode() for raw in await scripts.run(self._redis, "disown", self._worker_id, *held)]

    async def note(self, job_id: str, event: str, detail: str) -> None:
        """Adds a line to the job's timeline."""
        await scripts.run(self._redis, "note", job_id, event, self._worker_id, detail)


def _claim(answer: list[Any]) -> Claim:
    return Claim(tuple(_claimed(item) for item in answer[1:]), None if answer[0] < 0 else int(answer[0]))


def _claimed(item: list[Any]) -> ClaimedJob:
    job_id, fence, attempt, max_attempts, timeout, created, request, origin, payload, lost_ms, large = item
    damage = ""
    try:
        limits = int(max_attempts), float(timeout), int(created)
    except (TypeError, ValueError):
        limits = 1, 1.0, 0
        damage = f"maxAttempts {max_attempts!r}, timeoutSeconds {timeout!r}, createdAt {created!r}"[:500]
    return ClaimedJob(
        job_id.decode(),
        int(fence),
        int(attempt),
        *limits,
        request_id=request.decode("utf-8", "replace"),
        origin=origin.decode("utf-8", "replace"),
        payload=payload,
        lost_ms=None if lost_ms < 0 else int(lost_ms),
        is_large=bool(large),
        damage=damage,
    )


def _lost(job_id: bytes, fence: bytes, state: bytes) -> LostLease:
    return LostLease(job_id.decode(), int(fence), JobState(state.decode()) if state else None)
