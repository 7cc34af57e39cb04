"""Every script against every state: what the table allows happens, everything else changes nothing."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import pytest
from arq.connections import ArqRedis

from shared.errors import IllegalTransition, JobNotFound, LeaseLost
from shared.job import TRANSITIONS, Action, JobState, may
from shared.queue import keys
from shared.queue.commands import QueueCommands
from shared.queue.leases import ClaimedJob, HandBack, Leases
from shared.queue.maintenance import Maintenance
from shared.queue.reads import QueueReads
from tests.factories import ERROR, RESULT, JobFactory


@dataclass
class World:
    """All sides of the queue."""

    commands: QueueCommands
    leases: Leases
    upkeep: Maintenance
    redis: ArqRedis
    #: the fence that a worker of this world believes in; 0: that of the record
    fence: int = 0


@pytest.fixture
def world(redis: ArqRedis, commands: QueueCommands, leases: Leases) -> World:
    return World(commands, leases, Maintenance(redis, "s1", 2, 1.0), redis)


async def _held(world: World, job_id: str) -> ClaimedJob:
    """A claim as a worker would hold it."""
    fence = world.fence or int(await world.redis.hget(keys.job(job_id), "fence") or 1)
    return ClaimedJob(job_id, fence, 1, 3, 300.0, 0, "", "", b"")


async def _claim(world: World, job_id: str) -> None:
    claim = await world.leases.claim(1)
    if [job.id for job in claim.jobs] != [job_id]:
        raise IllegalTransition(job_id, "?", "claimed")


async def _complete(world: World, job_id: str) -> None:
    await world.leases.complete(await _held(world, job_id), {**RESULT, "pages": 99})


async def _fail(world: World, job_id: str) -> None:
    await world.leases.fail(await _held(world, job_id), ERROR, retryable=False, delay_ms=0)


async def _release(world: World, job_id: str) -> None:
    if not await world.leases.release(await _held(world, job_id), HandBack.SHUTDOWN):
        raise LeaseLost(job_id, 0)


async def _stall(world: World, job_id: str) -> None:
    swept = await world.upkeep.sweep()
    if [job.job_id for job in swept.stalled] != [job_id]:
        raise IllegalTransition(job_id, "?", "stalled")


async def _promote(world: World, job_id: str) -> None:
    if (await world.upkeep.sweep()).promoted != 1:
        raise IllegalTransition(job_id, "?", "promoted")


Act = Callable[[World, str], Awaitable[object]]

ACTS: dict[Action, Act] = {
    Action.CLAIM: _claim,
    Action.COMPLETE: _complete,
    Action.FAIL: _fail,
    Action.RELEASE: _release,
    Action.CANCEL: lambda world, job_id: world.commands.cancel(job_id),
    Action.RETRY: lambda world, job_id: world.commands.retry(job_id),
    Action.REMOVE: lambda world, job_id: world.commands.remove(job_id),
    Action.STALL: _stall,
    Action.PROMOTE: _promote,
}

ALL_PAIRS = [(state, action) for state in JobState for action in Action]


async def _ready(state: JobState, action: Action, jobs: JobFactory) -> str:
    """A job in `state` in the situation in which `action` would be tried."""
    job_id = await jobs.in_state(state)
    if action is Action.STALL and state is JobState.ACTIVE:
        await jobs.expire_lease(job_id)
    if action in (Action.PROMOTE, Action.CLAIM) and state is JobState.DELAYED:
        await jobs.make_due(job_id)
    return job_id


@pytest.mark.parametrize(("state", "action"), [pair for pair in ALL_PAIRS if may(*pair)])
async def test_an_allowed_action_leads_to_a_state_of_the_table(
    state: JobState, action: Action, world: World, jobs: JobFactory, reads: QueueReads, redis: ArqRedis
) -> None:
    job_id = await _ready(state, action, jobs)
    await ACTS[action](world, job_id)
    job = await reads.job(job_id)
    if action is Action.REMOVE:
        assert job is None
        assert await redis.zscore(keys.QUEUE, job_id) is None
        assert await redis.exists(keys.log(job_id), keys.payload(job_id)) == 0
        return
    assert job is not None
    assert job.state in TRANSITIONS[state, action]
    await _is_consistent(redis, job_id, job.state)


@pytest.mark.parametrize(("state", "action"), [pair for pair in ALL_PAIRS if not may(*pair)])
async def test_a_forbidden_action_is_refused_and_changes_nothing(
    state: JobState, action: Action, world: World, jobs: JobFactory
) -> None:
    job_id = await _ready(state, action, jobs)
    before = await jobs.snapshot(job_id)
    if (state, action) in ((JobState.COMPLETED, Action.COMPLETE), (JobState.FAILED, Action.FAIL)):
        await ACTS[action](world, job_id)  # the same fence again: a reply that was lost, harmless
    else:
        with pytest.raises((IllegalTransition, LeaseLost)):
            await ACTS[action](world, job_id)
    assert await jobs.snapshot(job_id) == before


@pytest.mark.parametrize("action", [Action.COMPLETE, Action.FAIL, Action.RELEASE])
async def test_a_stale_fence_is_refused_and_changes_nothing(
    action: Action, world: World, jobs: JobFactory, leases: Leases
) -> None:
    job_id, world.fence = (stale := await jobs.claimed()).id, stale.fence
    await jobs.expire_lease(job_id)
    await world.upkeep.sweep()
    assert [job.fence > stale.fence for job in (await leases.claim(1)).jobs] == [True]
    before = await jobs.snapshot(job_id)
    with pytest.raises(LeaseLost):
        await ACTS[action](world, job_id)
    assert await jobs.snapshot(job_id) == before


@pytest.mark.parametrize("action", [Action.CANCEL, Action.RETRY, Action.REMOVE])
async def test_an_unknown_job_is_not_found(action: Action, world: World) -> None:
    with pytest.raises(JobNotFound):
        await ACTS[action](world, "nobody")


async def _is_consistent(redis: ArqRedis, job_id: str, state: JobState) -> None:
    """The job is in exactly its state's index, and in the queue exactly while unfinished."""
    found = {other for other in JobState if await redis.zscore(keys.index(other), job_id) is not None}
    assert found == {state}
    unfinished = state in (JobState.WAITING, JobState.DELAYED, JobState.ACTIVE)
    assert (await redis.zscore(keys.QUEUE, job_id) is not None) == unfinished
