"""What clients may do, to Redis and to the model alike; the answers are compared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from shared.errors import IdempotencyConflict, IllegalTransition
from shared.job import FINISHED_STATES, JobSpec
from shared.queue.commands import Submitted
from tests.factories import spec
from tests.integration.queue.model import ACTIVE, CANCELLED, DELAYED, FAILED, WAITING, ModelBatch, ModelJob
from tests.integration.queue.model_stage import LEASE_MS, Stage

#: what may come next, and how often
CLIENT_ACTIONS = {
    "submit": 7,
    "submit_batch": 2,
    "send_the_last_batch_again": 1,
    "cancel": 2,
    "retry": 2,
    "remove": 1,
    "switch": 1,
    "switch_worker": 2,
}


class ClientActions(Stage):
    """Submit, cancel, retry, remove, pause, resume."""

    #: the jobs of the batch that was taken in last
    last_batch: Sequence[JobSpec] = ()

    def submit(self) -> None:
        key = self.random.choice(["", "", "", "k1", "k2"])
        wanted = replace(self._spec(may_be_reused=not key), idempotency_key=key)
        mark = f"{key} {wanted.body_hash}" if key else ""
        known = [job for job in self.model.jobs.values() if key and job.mark.startswith(f"{key} ")]
        if known and known[0].mark != mark:
            assert self._refused(self.commands.submit(wanted), IdempotencyConflict)
            return
        submitted = self.run(self.commands.submit(wanted))
        if known:
            assert (submitted.job_id, submitted.created) == (known[0].id, False)
            return
        if wanted.reuse_hash in self.model.offers:
            assert (submitted.job_id, submitted.reused) == (self.model.offers[wanted.reuse_hash], True)
            return
        assert submitted.created
        self.model.add(_model_of(wanted, mark))

    def submit_batch(self) -> None:
        """Some jobs at once. Some are done already, and some batches were sent before."""
        wanted = [self._spec() for _ in range(self.random.randint(1, 4))]
        key, body = self.random.choice(["", "b1", "b2"]), self.random.choice("ab")
        batch = self.model.batches.get(key)
        if batch is None or not any(job_id in self.model.jobs for job_id in batch.ids):
            self._new_batch(wanted, key, body)
        elif batch.body_hash != body:
            assert self._refused(self.commands.submit_batch(wanted, key, body), IdempotencyConflict)
        else:
            answers = self.run(self.commands.submit_batch(wanted[:1] * len(batch.ids), key, body))
            self._are_known(answers, batch.ids)

    def send_the_last_batch_again(self) -> None:
        """Its reply was lost, and it has no key: its jobs' own ids tell that it is here."""
        own = [wanted.job_id for wanted in self.last_batch]
        if not any(job_id in self.model.jobs for job_id in own):
            return
        answers = self.run(self.commands.submit_batch(self.last_batch))
        offers, jobs = self.model.offers, self.model.jobs
        expected = [
            wanted.job_id if wanted.job_id in jobs else offers.get(wanted.reuse_hash, wanted.job_id)
            for wanted in self.last_batch
        ]
        self._are_known(answers, expected)

    def cancel(self) -> None:
        job = self._job()
        if job is None:
            return
        if job.state in FINISHED_STATES:
            assert self._refused(self.commands.cancel(job.id), IllegalTransition)
            return
        assert self.run(self.commands.cancel(job.id)) is job.state
        job.fence += job.state is ACTIVE
        self.model.end(job, CANCELLED)

    def retry(self) -> None:
        job = self._job()
        if job is None:
            return
        if job.state not in (FAILED, CANCELLED):
            assert self._refused(self.commands.retry(job.id), IllegalTransition)
            return
        assert self.run(self.commands.retry(job.id)) is job.state
        job.attempts = job.stalls = 0
        job.lost_ahead = False
        self.model.wait(job, next(self.model.places))

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

    def switch_worker(self, worker: str = "") -> None:
        """One worker takes no more jobs, or takes them again."""
        worker = worker or self._worker()
        pause, resume = self.commands.pause_worker, self.commands.resume_worker
        rests = worker in self.model.resting
        assert not self.run(pause(worker) if rests else resume(worker))
        assert self.run(resume(worker) if rests else pause(worker))
        self.model.resting ^= {worker}

    def _spec(self, *, may_be_reused: bool = True) -> JobSpec:
        return spec(
            priority=self.random.choice([0, 4, 5, 5, 5, 6, 9]),
            delay_ms=LEASE_MS if self.random.random() < 0.3 else 0,
            max_attempts=self.random.randint(1, 4),
            body_hash=self.random.choice("ab"),
            reuse_hash=self.random.choice(["", "", "aa", "bb"]) if may_be_reused else "",
            reuse_seconds=3600,
        )

    def _new_batch(self, wanted: list[JobSpec], key: str, body: str) -> None:
        answers = self.run(self.commands.submit_batch(wanted, key, body))
        ids = [self.model.offers.get(one.reuse_hash, one.job_id) for one in wanted]
        assert [answer.job_id for answer in answers] == ids
        for one, answer in zip(wanted, answers, strict=True):
            assert (answer.created, answer.reused) == (
                answer.job_id == one.job_id,
                answer.job_id != one.job_id,
            )
        # jobs of one call came at the same time: their ids decide
        for one in sorted(wanted, key=lambda one: one.job_id):
            if one.job_id in ids:
                self.model.add(_model_of(one))
        self.last_batch = wanted
        if key:
            self.model.batches[key] = ModelBatch(body, ids)

    def _are_known(self, answers: Sequence[Submitted], ids: list[str]) -> None:
        assert [answer.job_id for answer in answers] == ids
        for answer in answers:
            job = self.model.jobs.get(answer.job_id)
            assert answer.state is (None if job is None else job.state)
            assert not answer.created
            assert not answer.reused


def _model_of(wanted: JobSpec, mark: str = "") -> ModelJob:
    state = DELAYED if wanted.delay_ms else WAITING
    return ModelJob(wanted.job_id, wanted.priority, wanted.max_attempts, state, mark, wanted.reuse_hash)
