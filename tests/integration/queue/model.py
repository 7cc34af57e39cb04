"""The queue as it should be: what each script must do to a job, in plain Python and without Redis."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import Any

from shared.job import Job, JobState
from shared.queue.leases import ClaimedJob

POISON_LIMIT = 2
WAITING, DELAYED, ACTIVE = JobState.WAITING, JobState.DELAYED, JobState.ACTIVE
COMPLETED, FAILED, CANCELLED = JobState.COMPLETED, JobState.FAILED, JobState.CANCELLED


@dataclass
class ModelJob:
    """What the record of a job must say."""

    id: str
    priority: int
    max_attempts: int
    state: JobState
    #: the idempotency key and body hash that made it, "" without a key
    mark: str = ""
    reuse: str = ""
    fence: int = 0
    attempts: int = 0
    stalls: int = 0
    #: claimed ahead, and it has told no progress
    ahead: bool = False
    #: its worker was lost at such a time
    lost_ahead: bool = False
    progress: int = 0
    owner: str = ""
    result: dict[str, Any] | None = None
    #: its lease has ended (active) or its time has come (delayed)
    overdue: bool = False
    #: where it stands among jobs of its priority
    place: int = 0

    @property
    def was_lost(self) -> bool:
        """It is never claimed ahead again."""
        return self.lost_ahead or self.stalls > 0

    def facts(self) -> dict[str, Any]:
        """What `facts_of` must find in its record."""
        return {
            "state": self.state,
            "fence": self.fence,
            "attempts": self.attempts,
            "stalls": self.stalls,
            "result": self.result,
            "owner": self.owner if self.state is ACTIVE else None,
            "progress": self.progress if self.state in (ACTIVE, COMPLETED, WAITING) else None,
        }


def facts_of(record: Job) -> dict[str, Any]:
    """The part of a record that the model tells."""
    return {
        "state": record.state,
        "fence": record.fence,
        "attempts": record.attempts,
        "stalls": record.stalls,
        "result": record.result,
        "owner": record.worker_id if record.state is ACTIVE else None,
        "progress": record.progress if record.state in (ACTIVE, COMPLETED, WAITING) else None,
    }


@dataclass
class ModelClaim:
    """A claim that some worker believes in, rightly or not."""

    worker: str
    job: ClaimedJob
    #: the state in which this claim's own failure left the job
    failed_as: JobState | None = None


@dataclass
class ModelBatch:
    """A batch that was taken in under an idempotency key."""

    body_hash: str
    ids: list[str]


@dataclass
class Model:
    """All jobs, and what else decides what happens to them."""

    jobs: dict[str, ModelJob] = field(default_factory=dict)
    claims: list[ModelClaim] = field(default_factory=list)
    #: by idempotency key
    batches: dict[str, ModelBatch] = field(default_factory=dict)
    #: the completed job that answers a content hash
    offers: dict[str, str] = field(default_factory=dict)
    paused: bool = False
    #: workers that may take no more jobs
    resting: set[str] = field(default_factory=set)
    leader: str = ""
    #: Redis was away: the next sign of life starts the time in which no lease is judged
    gap: bool = False
    reprieve: bool = False
    places: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def among(self, *states: JobState) -> list[ModelJob]:
        """The jobs in these states."""
        return [job for job in self.jobs.values() if job.state in states]

    def owns(self, claim: ModelClaim) -> bool:
        """Whether the worker still owns the job that it claimed."""
        job = self.jobs.get(claim.job.id)
        return job is not None and job.state is ACTIVE and job.fence == claim.job.fence

    def order(self) -> list[str] | None:
        """The ids in the order in which they must be claimed; None while something needs repair first."""
        if any(job.overdue for job in self.jobs.values()):
            return None
        return self.waiting()

    def waiting(self) -> list[str]:
        """The ids of the jobs that wait, the most urgent first."""
        return [job.id for job in sorted(self.among(WAITING), key=lambda job: (job.priority, job.place))]

    def given(self, order: list[str], slots: int, now: int) -> list[str]:
        """What of those in `order` a claim gives: it stops at a job that must not be claimed ahead."""
        ids = order[:slots]
        stops = [i for i, job_id in enumerate(ids) if i >= now and self.jobs[job_id].was_lost]
        return ids[: stops[0]] if stops else ids

    def add(self, job: ModelJob) -> None:
        """A new job, behind all others."""
        job.place = next(self.places)
        self.jobs[job.id] = job

    def claim(self, worker: str, claimed: ClaimedJob, *, ahead: bool) -> None:
        """A worker was given a job under a larger fence, for the next attempt."""
        job = self.jobs[claimed.id]
        assert job.state is WAITING
        assert claimed.fence > job.fence
        job.fence, job.attempts = claimed.fence, job.attempts + 1
        assert claimed.attempt == job.attempts
        assert claimed.attempt <= claimed.max_attempts
        assert not (ahead and job.was_lost)
        job.ahead = ahead
        job.state, job.owner, job.progress, job.overdue = ACTIVE, worker, 0, False
        self.claims.append(ModelClaim(worker, claimed))

    def wait(self, job: ModelJob, place: int, state: JobState = WAITING) -> None:
        """The job waits for its next claim, or for its time."""
        job.state, job.place, job.owner, job.progress, job.overdue = state, place, "", 0, False

    def end(self, job: ModelJob, state: JobState) -> None:
        """The job has come to its end."""
        job.state, job.overdue = state, False

    def complete(self, job: ModelJob, result: dict[str, Any]) -> None:
        """The job is done, and answers whoever asks for the same."""
        job.result, job.progress = result, 100
        self.end(job, COMPLETED)
        if job.reuse:
            self.offers[job.reuse] = job.id

    def stall(self, job: ModelJob) -> None:
        """Its worker was lost."""
        if job.ahead:
            job.lost_ahead = True
            job.attempts -= 1
            self.wait(job, job.place)
            return
        job.stalls += 1
        if job.stalls >= POISON_LIMIT or job.attempts >= job.max_attempts:
            self.end(job, FAILED)
        else:
            self.wait(job, job.place)

    def forget(self, job: ModelJob) -> None:
        """Nothing is left of the job."""
        del self.jobs[job.id]
        if self.offers.get(job.reuse) == job.id:
            del self.offers[job.reuse]

    def pulse(self) -> None:
        """Somebody looked after the queue."""
        if self.gap:
            self.gap, self.reprieve = False, True
