"""The queue against a model of it: all scripts in random order, by two workers, zombies and two schedulers.

`MODEL_EXAMPLES=5000 make test ARGS="-k model"` looks longer than the usual run does.
"""

from __future__ import annotations

import asyncio
import itertools
import os
from collections.abc import Awaitable
from dataclasses import dataclass, field
from random import Random
from typing import Any, TypeVar

from hypothesis import HealthCheck, Phase, note
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from shared.errors import IdempotencyConflict, IllegalTransition, LeaseLost
from shared.job import FINISHED_STATES, TRANSITIONS, Job, JobState
from shared.queue import keys
from shared.queue.commands import QueueCommands
from shared.queue.leases import ClaimedJob, Leases
from shared.queue.maintenance import Maintenance
from shared.queue.reads import QueueReads
from shared.redis import connect
from shared.settings import Settings
from tests.factories import ERROR, RESULT, JobFactory, spec

T = TypeVar("T")
EXAMPLES = int(os.environ.get("MODEL_EXAMPLES", "40"))
STEPS = 50
#: to make a failing example smaller takes longer than the usual run may
PHASES = [Phase.generate, Phase.shrink] if "MODEL_EXAMPLES" in os.environ else [Phase.generate]
POISON_LIMIT = 2
#: so long that no lease ends by itself, however slow the machine is; the model ends them
LEASE_MS = 3_600_000
WAITING, DELAYED, ACTIVE = JobState.WAITING, JobState.DELAYED, JobState.ACTIVE
COMPLETED, FAILED, CANCELLED = JobState.COMPLETED, JobState.FAILED, JobState.CANCELLED
MOVES = {(state, to) for (state, _), ends in TRANSITIONS.items() for to in ends}

#: what may come next, and how often
ACTIONS = {
    "submit": 8,
    "claim": 8,
    "cancel": 2,
    "retry": 2,
    "remove": 1,
    "progress": 3,
    "complete": 4,
    "fail": 5,
    "release": 2,
    "heartbeat": 3,
    "time_passes": 6,
    "sweep": 5,
    "hand_back": 2,
    "mend": 1,
    "expire": 2,
    "redis_was_away": 1,
    "the_reprieve_ends": 2,
    "the_leader_sleeps": 1,
    "resign": 1,
    "switch": 1,
    "the_scripts_are_forgotten": 1,
}


@dataclass
class ModelJob:
    """What the record of a job must say."""

    id: str
    number: int
    priority: int
    max_attempts: int
    state: JobState
    key: str = ""
    reuse: str = ""
    fence: int = 0
    attempts: int = 0
    stalls: int = 0
    progress: int = 0
    owner: str = ""
    result: dict[str, Any] | None = None
    #: its lease has ended (active) or its time has come (delayed)
    overdue: bool = False
    #: where it stands among jobs of its priority
    place: int = 0


@dataclass
class ModelClaim:
    """A claim that some worker believes in, rightly or not."""

    worker: str
    job: ClaimedJob
    #: the state in which this claim's own failure left the job
    failed_as: JobState | None = None


@dataclass
class Model:
    """The queue as it should be."""

    jobs: dict[str, ModelJob] = field(default_factory=dict)
    claims: list[ModelClaim] = field(default_factory=list)
    #: the completed job that answers a content hash
    offers: dict[str, str] = field(default_factory=dict)
    paused: bool = False
    leader: str = ""
    #: Redis was away: the next sign of life starts the time in which no lease is judged
    gap: bool = False
    reprieve: bool = False

    def among(self, *states: JobState) -> list[ModelJob]:
        return [job for job in self.jobs.values() if job.state in states]

    def owns(self, claim: ModelClaim) -> bool:
        job = self.jobs.get(claim.job.id)
        return job is not None and job.state is ACTIVE and job.fence == claim.job.fence

    def forget(self, job: ModelJob) -> None:
        del self.jobs[job.id]
        if self.offers.get(job.reuse) == job.id:
            del self.offers[job.reuse]


class QueueMachine(RuleBasedStateMachine):
    """Every rule does the same to Redis and to the model, and compares the answers."""

    settings: Settings

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.redis = connect(self.settings, "model")
        self.commands, self.reads = QueueCommands(self.redis), QueueReads(self.redis)
        self.leases = {name: Leases(self.redis, name, LEASE_MS, POISON_LIMIT) for name in ("w1", "w2")}
        self.schedulers = {
            name: Maintenance(self.redis, name, POISON_LIMIT, 600, LEASE_MS / 1000) for name in ("s1", "s2")
        }
        self.factory = JobFactory(self.redis, self.commands, self.leases["w1"])
        self.model = Model()
        self.places = itertools.count(1)
        self.numbers = itertools.count(1)

    def run(self, call: Awaitable[T]) -> T:
        return self.loop.run_until_complete(call)

    @initialize(seed=st.integers(0, 2**64))
    def begin(self, seed: int) -> None:
        self.random = Random(seed)
        self.run(self.redis.flushall())
        self.submit()
        self.claim()

    @rule()
    def step(self) -> None:
        """Something happens. The choice is plain chance: Hypothesis's own draws rarely get far."""
        (action,) = self.random.choices(list(ACTIONS), ACTIONS.values())
        note(action)
        getattr(self, action)()

    def teardown(self) -> None:
        try:
            self._the_events_follow_the_table()
        finally:
            self.run(self.redis.aclose())
            self.loop.close()

    # clients

    def submit(self) -> None:
        priority = self.random.choice([0, 4, 5, 5, 5, 6, 9])
        delayed = self.random.random() < 0.3
        max_attempts = self.random.randint(1, 4)
        key = self.random.choice(["", "", "", "k1", "k2"])
        body = self.random.choice("ab")
        reuse = "" if key else self.random.choice(["", "", "aa", "bb"])
        wanted = spec(
            priority=priority,
            delay_ms=LEASE_MS if delayed else 0,
            max_attempts=max_attempts,
            idempotency_key=key,
            body_hash=body,
            reuse_hash=reuse,
            reuse_seconds=3600,
        )
        mark = f"{key} {body}" if key else ""
        known = [job for job in self.model.jobs.values() if key and job.key.startswith(f"{key} ")]
        if known and known[0].key != mark:
            assert self._refused(self.commands.submit(wanted), IdempotencyConflict)
            return
        submitted = self.run(self.commands.submit(wanted))
        if known:
            assert (submitted.job_id, submitted.created) == (known[0].id, False)
            return
        if reuse in self.model.offers:
            assert (submitted.job_id, submitted.reused) == (self.model.offers[reuse], True)
            return
        assert submitted.created
        state = DELAYED if delayed else WAITING
        job = ModelJob(wanted.job_id, next(self.numbers), priority, max_attempts, state, mark, reuse)
        job.place = next(self.places)
        self.model.jobs[job.id] = job

    def cancel(self) -> None:
        job = self._job()
        if job is None:
            return
        if job.state in FINISHED_STATES:
            assert self._refused(self.commands.cancel(job.id), IllegalTransition)
            return
        assert self.run(self.commands.cancel(job.id)) is job.state
        job.fence += job.state is ACTIVE
        self._end(job, CANCELLED)

    def retry(self) -> None:
        job = self._job()
        if job is None:
            return
        if job.state not in (FAILED, CANCELLED):
            assert self._refused(self.commands.retry(job.id), IllegalTransition)
            return
        assert self.run(self.commands.retry(job.id)) is job.state
        job.attempts = job.stalls = 0
        self._wait(job, next(self.places))

    def remove(self) -> None:
        job = self._job()
        if job is None:
            return
        if job.state is ACTIVE:
            assert self._refused(self.commands.remove(job.id), IllegalTransition)
            return
        self.run(self.commands.remove(job.id))
        self.model.forget(job)

    def switch(self) -> None:
        pause, resume = self.commands.pause, self.commands.resume
        assert not self.run(resume() if not self.model.paused else pause())
        assert self.run(resume() if self.model.paused else pause())
        self.model.paused = not self.model.paused

    def a_client_asks(self, what: str, pick: int) -> None:
        getattr(self, what)(pick)

    # workers, those that lost their lease included

    def claim(self) -> None:
        if self.model.paused and self.random.random() < 0.7:
            self.switch()
        worker, slots = self._worker(), self.random.randint(1, 3)
        order = self._expected_order()
        jobs = self.run(self.leases[worker].claim(slots)).jobs
        if self.model.paused:
            assert jobs == ()
            return
        if order is None:
            self._catch_up_with_repairs()
            assert all(self.model.jobs[job.id].state is WAITING for job in jobs)
            assert len(jobs) == slots or not self._waiting_besides({job.id for job in jobs})
        else:
            assert [job.id for job in jobs] == order[:slots]
        for claimed in jobs:
            job = self.model.jobs[claimed.id]
            job.fence, job.attempts = job.fence + 1, job.attempts + 1
            assert (claimed.fence, claimed.attempt) == (job.fence, job.attempts)
            assert claimed.attempt <= claimed.max_attempts
            job.state, job.owner, job.progress, job.overdue = ACTIVE, worker, 0, False
            self.model.claims.append(ModelClaim(worker, claimed))

    def heartbeat(self) -> None:
        worker = self._worker()
        self._pulse()
        mine = [claim for claim in self.model.claims if claim.worker == worker]
        running = [(claim.job.id, claim.job.fence) for claim in mine]
        lost = self.run(self.leases[worker].heartbeat(running, {"pid": "1"}))
        stale = [claim.job for claim in mine if not self.model.owns(claim)]
        assert [(item.job_id, item.fence) for item in lost] == [(job.id, job.fence) for job in stale]
        for item in lost:
            job = self.model.jobs.get(item.job_id)
            assert item.state == (job.state if job else None)
        for claim in mine:
            if self.model.owns(claim):
                self.model.jobs[claim.job.id].overdue = False

    def progress(self) -> None:
        claim = self._claim()
        if claim is None:
            return
        percent = self.random.randint(0, 99)
        call = self.leases[claim.worker].progress(claim.job, percent, "table")
        if self._refused(call, LeaseLost):
            assert not self.model.owns(claim)
            return
        assert self.model.owns(claim)
        job = self.model.jobs[claim.job.id]
        job.progress = max(job.progress, percent)

    def complete(self) -> None:
        claim = self._claim()
        if claim is None:
            return
        job = self.model.jobs.get(claim.job.id)
        result = {**RESULT, "fileName": f"test-{claim.job.id}-f{claim.job.fence}.pdf"}
        again = job is not None and job.state is COMPLETED and job.fence == claim.job.fence
        owned = self.model.owns(claim)
        refused = self._refused(self.leases[claim.worker].complete(claim.job, result), LeaseLost)
        assert refused == (not owned and not again)
        if job is not None and owned:
            job.result, job.progress = result, 100
            self._end(job, COMPLETED)
            if job.reuse:
                self.model.offers[job.reuse] = job.id

    def fail(self) -> None:
        claim = self._claim()
        if claim is None:
            return
        retryable, delay_ms = self.random.random() < 0.7, self.random.choice([0, LEASE_MS])
        job = self.model.jobs.get(claim.job.id)
        call = self.leases[claim.worker].fail(claim.job, ERROR, retryable=retryable, delay_ms=delay_ms)
        if job is None or not self.model.owns(claim):
            self._fail_again(claim, job, call)
            return
        if not retryable or job.attempts >= job.max_attempts:
            self._end(job, FAILED)
        else:
            self._wait(job, next(self.places), DELAYED if delay_ms else WAITING)
        claim.failed_as = job.state
        assert self.run(call) is job.state

    def release(self) -> None:
        claim = self._claim()
        if claim is None:
            return
        released = self.run(self.leases[claim.worker].release(claim.job))
        assert released == self.model.owns(claim)
        if released:
            job = self.model.jobs[claim.job.id]
            job.attempts -= 1
            self._wait(job, job.place)

    # time, outages and schedulers

    def time_passes(self) -> None:
        """A lease ends, or a delayed job's time comes."""
        job = self._job(ACTIVE, DELAYED)
        if job is None:
            return
        if job.state is ACTIVE:
            self.run(self.factory.expire_lease(job.id))
        elif not job.overdue:
            self.run(self.factory.make_due(job.id))
            job.place = next(self.places)
        job.overdue = True

    def redis_was_away(self) -> None:
        self.run(self.redis.set("report:pulse", 1))
        self.model.gap = True

    def the_reprieve_ends(self) -> None:
        self.run(self.redis.delete("report:reprieve"))
        self.model.reprieve = False

    def the_leader_sleeps(self) -> None:
        self.run(self.redis.delete(keys.SCHEDULER))
        self.model.leader = ""

    def resign(self) -> None:
        name = self._scheduler()
        self.run(self.schedulers[name].resign())
        if self.model.leader == name:
            self.model.leader = ""

    def sweep(self) -> None:
        name = self._scheduler()
        overdue = [job for job in self.model.among(ACTIVE) if job.overdue]
        due = [job for job in self.model.among(DELAYED) if job.overdue]
        swept = self.run(self.schedulers[name].sweep())
        if not self._leads(name):
            assert (swept.promoted, swept.stalled, swept.reprieved) == (0, (), 0)
            return
        self._pulse()
        assert swept.promoted == len(due)
        for job in due:
            self._wait(job, job.place)
        if self.model.reprieve:
            assert (swept.stalled, swept.reprieved) == ((), len(overdue))
            for job in overdue:
                job.overdue = False
            return
        assert {item.job_id for item in swept.stalled} == {job.id for job in overdue}
        for item in swept.stalled:
            self._stall(self.model.jobs[item.job_id])
            assert item.state is self.model.jobs[item.job_id].state

    def hand_back(self) -> None:
        """The worker was seen gone just now, or before its last sign of life."""
        name, worker, alive = self._scheduler(), self._worker(), self.random.random() < 0.3
        gone_ms = 0 if alive else self.run(self.reads.now_ms()) + 1
        jobs = self.run(self.schedulers[name].hand_back(worker, gone_ms, gone_ms))
        if not self._leads(name):
            assert jobs == []
            return
        if alive:
            assert jobs is None
            return
        owned = [job for job in self.model.among(ACTIVE) if job.owner == worker]
        assert {item.job_id for item in jobs or ()} == {job.id for job in owned}
        for job in owned:
            self._stall(job)

    def mend(self) -> None:
        """Nothing is ever broken, so there is nothing to mend."""
        name = self._scheduler()
        assert self.run(self.schedulers[name].mend()) == []
        self._leads(name)

    def expire(self) -> None:
        name, state = self._scheduler(), self.random.choice(sorted(FINISHED_STATES))
        keep = self.random.randint(1, 3)
        there = self.model.among(state)
        expired = self.run(self.schedulers[name].expire(state, None, keep))
        if not self._leads(name):
            assert expired.jobs == 0
            return
        assert expired.jobs == max(0, len(there) - keep)
        left = self.run(self.reads.jobs([job.id for job in there]))
        gone = [job for job, record in zip(there, left, strict=True) if record is None]
        assert len(gone) == expired.jobs
        named = {(job.result or {}).get("fileName") for job in gone if job.result}
        assert set(expired.file_names) == named
        for job in gone:
            self.model.forget(job)

    def the_scripts_are_forgotten(self) -> None:
        self.run(self.redis.script_flush())

    # what must hold after each step

    @invariant()
    def redis_holds_what_the_model_says(self) -> None:
        jobs = self.model.jobs
        records, everything, queue, payloads, indexes = self.run(self._everything())
        assert everything == payloads == set(jobs)
        assert queue == {job.id for job in self.model.among(WAITING, DELAYED, ACTIVE)}
        for state, index in indexes.items():
            assert index == {job.id for job in self.model.among(state)}, state
        for job, record in zip(jobs.values(), records, strict=True):
            assert self._facts(Job.from_record(job.id, record)) == self._expected_facts(job)

    @invariant()
    def a_job_has_one_owner(self) -> None:
        owned = [claim.job.id for claim in self.model.claims if self.model.owns(claim)]
        assert sorted(owned) == sorted(job.id for job in self.model.among(ACTIVE))

    async def _everything(self) -> tuple[list[Any], set[str], set[str], set[str], dict[JobState, set[str]]]:
        """The records of the model's jobs, and the ids in the indexes, the queue and the payloads."""
        names = [keys.ALL_JOBS, keys.QUEUE, *map(keys.index, JobState)]
        async with self.redis.pipeline(transaction=True) as pipe:
            for name in names:
                pipe.zrange(name, 0, -1)
            pipe.keys("arq:job:*")
            for job_id in self.model.jobs:
                pipe.hgetall(keys.job(job_id))
            answers = await pipe.execute()
        count = len(names) + 1
        everything, queue, *indexes, payloads = (
            {raw.decode().removeprefix("arq:job:") for raw in answer} for answer in answers[:count]
        )
        return answers[count:], everything, queue, payloads, dict(zip(JobState, indexes, strict=True))

    def _the_events_follow_the_table(self) -> None:
        states: dict[str, str] = {}
        for _, event in self.run(self.redis.xrange(keys.EVENTS)):
            job_id, state = event[b"jobId"].decode(), event[b"state"].decode()
            before = states.get(job_id, state)
            assert before == state or (before, state) in MOVES, f"{job_id}: {before} to {state}"
            states[job_id] = state

    # the model's own moves

    def _wait(self, job: ModelJob, place: int, state: JobState = WAITING) -> None:
        job.state, job.place, job.owner, job.progress, job.overdue = state, place, "", 0, False

    def _end(self, job: ModelJob, state: JobState) -> None:
        job.state, job.overdue = state, False

    def _stall(self, job: ModelJob) -> None:
        job.stalls += 1
        if job.stalls >= POISON_LIMIT or job.attempts >= job.max_attempts:
            self._end(job, FAILED)
        else:
            self._wait(job, job.place)

    def _pulse(self) -> None:
        if self.model.gap:
            self.model.gap, self.model.reprieve = False, True

    def _leads(self, name: str) -> bool:
        self.model.leader = self.model.leader or name
        assert self.schedulers[name].leads == (self.model.leader == name)
        return self.model.leader == name

    def _fail_again(self, claim: ModelClaim, job: ModelJob | None, call: Awaitable[JobState]) -> None:
        """A stale claim's failure is refused, except for its own that it reports once more."""
        try:
            answer = self.run(call)
        except LeaseLost:
            return
        assert job is not None
        assert answer is claim.failed_as

    def _expected_order(self) -> list[str] | None:
        """The ids in the order in which they must be claimed; None while something needs repair first."""
        if any(job.overdue for job in self.model.jobs.values()):
            return None
        return [
            job.id for job in sorted(self.model.among(WAITING), key=lambda job: (job.priority, job.place))
        ]

    def _catch_up_with_repairs(self) -> None:
        """A claim repairs what it meets at the head of the queue; how far it gets depends on its slots."""
        overdue = [job for job in self.model.jobs.values() if job.overdue]
        for job in overdue:
            record = self.run(self.reads.job(job.id))
            assert record is not None
            end = self.run(self.redis.zscore(keys.index(ACTIVE), job.id))
            now_ms = self.run(self.reads.now_ms())
            if job.state is DELAYED and record.state is not DELAYED:
                self._wait(job, job.place)
            elif job.state is ACTIVE and record.stalls > job.stalls:
                self._pulse()
                assert not self.model.reprieve
                self._stall(job)
            elif job.state is ACTIVE and end is not None and end > now_ms:
                self._pulse()
                assert self.model.reprieve
                job.overdue = False

    def _waiting_besides(self, ids: set[str]) -> list[str]:
        return [job.id for job in self.model.among(WAITING) if job.id not in ids]

    def _job(self, *states: JobState) -> ModelJob | None:
        jobs = self.model.among(*(states or JobState))
        return self.random.choice(jobs) if jobs else None

    def _claim(self) -> ModelClaim | None:
        """Rather a young claim than an old one."""
        return self.random.choice(self.model.claims[-4:]) if self.model.claims else None

    def _worker(self) -> str:
        return self.random.choice(list(self.leases))

    def _scheduler(self) -> str:
        return self.random.choice(list(self.schedulers))

    def _refused(self, call: Awaitable[object], error: type[Exception]) -> bool:
        try:
            self.run(call)
        except error:
            return True
        return False

    @staticmethod
    def _facts(record: Job) -> dict[str, Any]:
        return {
            "state": record.state,
            "fence": record.fence,
            "attempts": record.attempts,
            "stalls": record.stalls,
            "result": record.result,
            "owner": record.worker_id if record.state is ACTIVE else None,
            "progress": record.progress if record.state in (ACTIVE, COMPLETED, WAITING) else None,
        }

    @staticmethod
    def _expected_facts(job: ModelJob) -> dict[str, Any]:
        return {
            "state": job.state,
            "fence": job.fence,
            "attempts": job.attempts,
            "stalls": job.stalls,
            "result": job.result,
            "owner": job.owner if job.state is ACTIVE else None,
            "progress": job.progress if job.state in (ACTIVE, COMPLETED, WAITING) else None,
        }


def test_the_scripts_do_what_the_model_says(settings: Settings) -> None:
    QueueMachine.settings = settings
    run_state_machine_as_test(QueueMachine, settings=_how_long(), _min_steps=STEPS - 1)


def _how_long() -> hypothesis_settings:
    return hypothesis_settings(
        max_examples=EXAMPLES,
        stateful_step_count=STEPS,
        deadline=None,
        database=None,
        phases=PHASES,
        suppress_health_check=list(HealthCheck),
    )
