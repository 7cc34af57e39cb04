"""The queue against a model of it: all scripts in random order, by two workers, zombies and two schedulers.

`MODEL_EXAMPLES=5000 make test ARGS="-k model"` looks longer than the usual run does.
"""

from __future__ import annotations

import os
from random import Random
from typing import Any

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

from shared.job import TRANSITIONS, Job, JobState
from shared.queue import keys
from shared.settings import Settings
from tests.integration.queue.model import ACTIVE, DELAYED, WAITING, facts_of
from tests.integration.queue.model_clients import CLIENT_ACTIONS
from tests.integration.queue.model_services import SERVICE_ACTIONS, ServiceActions

EXAMPLES = int(os.environ.get("MODEL_EXAMPLES", "40"))
STEPS = 50
#: to make a failing example smaller takes longer than the usual run may
PHASES = [Phase.generate, Phase.shrink] if "MODEL_EXAMPLES" in os.environ else [Phase.generate]
ACTIONS = CLIENT_ACTIONS | SERVICE_ACTIONS
MOVES = {(state, to) for (state, _), ends in TRANSITIONS.items() for to in ends}


class QueueMachine(RuleBasedStateMachine, ServiceActions):
    """Does one thing after the other, and compares everything after each."""

    settings: Settings

    def __init__(self) -> None:
        RuleBasedStateMachine.__init__(self)
        ServiceActions.__init__(self, self.settings)

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
            self.close()

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
            assert facts_of(Job.from_record(job.id, record)) == job.facts()

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
