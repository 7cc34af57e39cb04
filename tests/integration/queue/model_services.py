"""What workers and schedulers may do, to Redis and to the model alike; the answers are compared."""

from __future__ import annotations

from collections.abc import Awaitable

from shared.errors import LeaseLost
from shared.job import FINISHED_STATES, JobState
from shared.queue import keys
from shared.queue.leases import HandBack
from tests.factories import ERROR, RESULT
from tests.integration.queue.model import ACTIVE, COMPLETED, DELAYED, FAILED, WAITING, ModelClaim, ModelJob
from tests.integration.queue.model_clients import ClientActions
from tests.integration.queue.model_stage import LEASE_MS

#: what may come next, and how often
SERVICE_ACTIONS = {
    "claim": 8,
    "lose_the_answer_to_a_claim": 2,
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
    "the_scripts_are_forgotten": 1,
}


class ServiceActions(ClientActions):
    """Claims and what follows, by workers that lost their lease too; sweeps; time and outages."""

    def claim(self) -> None:
        worker, slots = self._worker(), self.random.randint(1, 3)
        now = self.random.randint(0, slots)
        if self.model.paused and self.random.random() < 0.7:
            self.switch()
        if worker in self.model.resting and self.random.random() < 0.7:
            self.switch_worker(worker)
        order = self.model.order()
        claim = self.run(self.leases[worker].claim(slots, None, now))
        jobs = claim.jobs
        if self.model.paused or worker in self.model.resting:
            assert jobs == ()
            return
        if order is None:
            self._catch_up_with_repairs()
            assert all(self.model.jobs[job.id].state is WAITING for job in jobs)
            claimed = {job.id for job in jobs}
            left = [job_id for job_id in self.model.waiting() if job_id not in claimed]
            stops = claim.next_due_ms == 0
            assert stops == (len(jobs) < slots and bool(left))
            assert not stops or (len(jobs) >= now and self.model.jobs[left[0]].was_lost)
        else:
            given = self.model.given(order, slots, now)
            assert [job.id for job in jobs] == given
            assert (claim.next_due_ms == 0) == (len(given) < min(slots, len(order)))
        for i, job in enumerate(jobs):
            self.model.claim(worker, job, ahead=i >= now)

    def lose_the_answer_to_a_claim(self) -> None:
        """The worker hands back what it does not know of, and keeps the rest."""
        known = {name: [(c.job.id, c.job.fence) for c in self._of(name)] for name in self.leases}
        before = len(self.model.claims)
        self.claim()
        for name, leases in self.leases.items():
            given = {claim.job.id for claim in self.model.claims[before:] if claim.worker == name}
            assert set(self.run(leases.disown(known[name]))) == given
            for job in (self.model.jobs[job_id] for job_id in given):
                job.attempts -= 1
                self.model.wait(job, job.place)

    def heartbeat(self) -> None:
        worker = self._worker()
        self.model.pulse()
        mine = self._of(worker)
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
        job.progress, job.ahead = max(job.progress, percent), False

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
            self.model.complete(job, result)

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
            self.model.end(job, FAILED)
        else:
            self.model.wait(job, next(self.model.places), DELAYED if delay_ms else WAITING)
        claim.failed_as = job.state
        assert self.run(call) is job.state

    def release(self) -> None:
        claim = self._claim()
        if claim is None:
            return
        released = self.run(self.leases[claim.worker].release(claim.job, HandBack.SHUTDOWN))
        assert released == self.model.owns(claim)
        if released:
            job = self.model.jobs[claim.job.id]
            job.attempts -= 1
            self.model.wait(job, job.place)

    def time_passes(self) -> None:
        """A lease ends, or a delayed job's time comes."""
        job = self._job(ACTIVE, DELAYED)
        if job is None:
            return
        if job.state is ACTIVE:
            self.run(self.factory.expire_lease(job.id))
        elif not job.overdue:
            self.run(self.factory.make_due(job.id))
            job.place = next(self.model.places)
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
        self.model.pulse()
        assert swept.promoted == len(due)
        for job in due:
            self.model.wait(job, job.place)
        if self.model.reprieve:
            assert (swept.stalled, swept.reprieved) == ((), len(overdue))
            for job in overdue:
                job.overdue = False
            return
        assert {item.job_id for item in swept.stalled} == {job.id for job in overdue}
        for item in swept.stalled:
            assert item.had_begun != self.model.jobs[item.job_id].ahead
            self.model.stall(self.model.jobs[item.job_id])
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
        for item in jobs or ():
            assert item.had_begun != self.model.jobs[item.job_id].ahead
            self.model.stall(self.model.jobs[item.job_id])
            assert item.state is self.model.jobs[item.job_id].state

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

    def _catch_up_with_repairs(self) -> None:
        """A claim repairs what it meets at the head of the queue; how far it gets depends on its slots."""
        overdue = [job for job in self.model.jobs.values() if job.overdue]
        for job in overdue:
            record = self.run(self.reads.job(job.id))
            assert record is not None
            end = self.run(self.redis.zscore(keys.index(ACTIVE), job.id))
            now_ms = self.run(self.reads.now_ms())
            if job.state is DELAYED and record.state is not DELAYED:
                self.model.wait(job, job.place)
            elif job.state is ACTIVE and (record.state is not ACTIVE or record.fence > job.fence):
                self.model.pulse()
                assert not self.model.reprieve
                self.model.stall(job)
            elif job.state is ACTIVE and end is not None and end > now_ms:
                self.model.pulse()
                assert self.model.reprieve
                job.overdue = False

    def _of(self, worker: str) -> list[ModelClaim]:
        return [claim for claim in self.model.claims if claim.worker == worker]

    def _claim(self) -> ModelClaim | None:
        """Rather a young claim than an old one."""
        return self.random.choice(self.model.claims[-4:]) if self.model.claims else None

    def _scheduler(self) -> str:
        return self.random.choice(list(self.schedulers))
