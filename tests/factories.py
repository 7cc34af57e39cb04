"""Makes jobs in a given state, only by means that the services have too."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from arq.connections import ArqRedis
from pydantic_core import from_json

from shared.job import JobSpec, JobState
from shared.queue import keys
from shared.queue.commands import QueueCommands, new_job_id
from shared.queue.leases import ClaimedJob, Leases

RESULT: dict[str, Any] = {
    "success": True,
    "reportUrl": "/uploads/test-x-f1.pdf",
    "fileName": "test-x-f1.pdf",
    "fileSize": 1234,
    "pages": 1,
    "sha256": "0" * 64,
    "rowsReceived": 0,
    "rowsRendered": 0,
    "warnings": [],
    "renderMs": 4.2,
    "peakRssMb": 50.0,
}
ERROR = {"type": "ValidationFailed", "message": "data.rows: is missing", "detail": ""}


def spec(**changes: Any) -> JobSpec:
    """A small valid job."""
    job = JobSpec(job_id=new_job_id(), report_type="test", data={"period": "Q1", "revenue": 1})
    return replace(job, **changes)


class JobFactory:
    """`await jobs.failed()` and so on give the id of a job in that state."""

    def __init__(self, redis: ArqRedis, commands: QueueCommands, leases: Leases) -> None:
        self._redis, self._commands, self._leases = redis, commands, leases

    async def in_state(self, state: JobState, **changes: Any) -> str:
        """A job in `state`."""
        maker = getattr(self, state.value)
        job_id: str = await maker(**changes)
        return job_id

    async def waiting(self, **changes: Any) -> str:
        return (await self._commands.submit(spec(**changes))).job_id

    async def delayed(self, **changes: Any) -> str:
        return await self.waiting(**{"delay_ms": 3_600_000, **changes})

    async def active(self, **changes: Any) -> str:
        return (await self.claimed(**changes)).id

    async def claimed(self, **changes: Any) -> ClaimedJob:
        """A job that the worker `w1` has just claimed; no other may be waiting."""
        job_id = await self.waiting(**changes)
        claim = await self._leases.claim(1)
        assert [job.id for job in claim.jobs] == [job_id]
        return claim.jobs[0]

    async def completed(self, **changes: Any) -> str:
        job = await self.claimed(**changes)
        await self._leases.complete(job, RESULT)
        return job.id

    async def failed(self, **changes: Any) -> str:
        job = await self.claimed(**changes)
        await self._leases.fail(job, ERROR, retryable=False, delay_ms=0)
        return job.id

    async def cancelled(self, **changes: Any) -> str:
        job_id = await self.waiting(**changes)
        await self._commands.cancel(job_id)
        return job_id

    async def events(self, job_id: str) -> list[str]:
        """The names of the events in a job's timeline."""
        return [from_json(line)[1] for line in await self._redis.lrange(keys.log(job_id), 0, -1)]

    async def expire_lease(self, job_id: str, ago_ms: int = 1) -> None:
        """Makes a running job's lease end in the past, as if time had gone by."""
        seconds, micros = await self._redis.time()
        end = seconds * 1000 + micros // 1000 - ago_ms
        await self._redis.zadd(keys.index(JobState.ACTIVE), {job_id: end})
        await self._redis.zadd(keys.QUEUE, {job_id: end})

    async def make_due(self, job_id: str) -> None:
        """Makes a delayed job's time come: now, after whatever was submitted before."""
        seconds, micros = await self._redis.time()
        now = f"{seconds * 1000 + micros / 1000:.3f}"
        await self._redis.zadd(keys.index(JobState.DELAYED), {job_id: float(now)})
        await self._redis.zadd(keys.QUEUE, {job_id: float(now)})
        await self._redis.hset(keys.job(job_id), "availableAt", now)

    async def clock_was_set_back(self, *job_ids: str, by_ms: int = 3_600_000) -> None:
        """Makes waiting jobs of the default priority look as if Redis's clock had been set back since."""
        for job_id in job_ids:
            available = float(await self._redis.hget(keys.job(job_id), "availableAt") or 0) + by_ms
            await self._redis.zadd(keys.index(JobState.WAITING), {job_id: available})
            await self._redis.zadd(keys.QUEUE, {job_id: available})
            await self._redis.hset(keys.job(job_id), "availableAt", f"{available:.3f}")

    async def snapshot(self, job_id: str) -> dict[str, Any]:
        """Everything Redis knows of a job; equal before and after whatever must not change it."""
        return {
            "record": await self._redis.hgetall(keys.job(job_id)),
            "payload": await self._redis.get(keys.payload(job_id)),
            "log": await self._redis.lrange(keys.log(job_id), 0, -1),
            "queue": await self._redis.zscore(keys.QUEUE, job_id),
            "indexes": {state: await self._redis.zscore(keys.index(state), job_id) for state in JobState},
        }
