"""What may be read of the queue; nothing here changes anything."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from arq.connections import ArqRedis
from pydantic_core import from_json

from shared.errors import ValidationFailed
from shared.job import FINISHED_STATES, Job, JobState, eta_seconds, rfc3339
from shared.queue import keys
from shared.queue.payload import read_options
from shared.redis import unavailable_on_redis_errors

#: a worker that has not been heard of for this long is not listed, in milliseconds
WORKER_SILENCE_MS = 60_000


@dataclass(frozen=True, slots=True)
class WorkerInfo:
    """A worker as its last heartbeat described it."""

    id: str
    pid: int
    host: str
    #: port of its health server
    port: int
    uptime_seconds: float
    #: when that heartbeat came, epoch milliseconds of Redis's clock
    timestamp_ms: int
    concurrency: int
    running: tuple[str, ...]
    #: memory of the worker without its render children
    rss_bytes: int


@dataclass(frozen=True, slots=True)
class SchedulerInfo:
    """The scheduler that swept last."""

    id: str
    #: when, epoch milliseconds of Redis's clock
    timestamp_ms: int


class QueueReads:
    """The queue as it is now.

    All raise `QueueUnavailable` when Redis can't be reached.
    """

    def __init__(self, redis: ArqRedis) -> None:
        self._redis = redis

    async def now_ms(self) -> int:
        """Redis's clock, epoch milliseconds."""
        with unavailable_on_redis_errors():
            seconds, micros = await self._redis.time()
        return int(seconds * 1000 + micros // 1000)

    async def job(self, job_id: str) -> Job | None:
        """One job's record."""
        with unavailable_on_redis_errors():
            record = await self._redis.execute_command("HGETALL", keys.job(job_id))
        return Job.from_record(job_id, record) if record else None

    async def document(self, job_id: str) -> dict[str, Any] | None:
        """The contract's job document, whole."""
        with unavailable_on_redis_errors():
            async with self._redis.pipeline(transaction=True) as pipe:
                pipe.hgetall(keys.job(job_id))
                pipe.get(keys.payload(job_id))
                pipe.lrange(keys.log(job_id), 0, -1)
                pipe.time()
                record, payload, log, (seconds, micros) = await pipe.execute()
        if not record:
            return None
        job = Job.from_record(job_id, record)
        document = _summary(job, int(seconds * 1000 + micros // 1000))
        document["queuePosition"] = await self._position(job)
        document["jobData"] = posted(payload)
        document["timeline"] = [_timeline_entry(raw) for raw in log]
        return document

    async def summaries(
        self, state: JobState | None, offset: int, limit: int
    ) -> tuple[list[dict[str, Any]], int]:
        """Job documents without payload, timeline and position, newest first, and how many there are."""
        jobs, total = await self._page(keys.index(state) if state else keys.ALL_JOBS, offset, limit)
        now_ms = await self.now_ms()
        return [_summary(job, now_ms) for job in jobs], total

    async def jobs(self, job_ids: Sequence[str]) -> list[Job | None]:
        """Records by id; None where there is none."""
        if not job_ids:
            return []
        with unavailable_on_redis_errors():
            async with self._redis.pipeline(transaction=False) as pipe:
                for job_id in job_ids:
                    pipe.hgetall(keys.job(job_id))
                records = await pipe.execute()
        return [Job.from_record(*item) if item[1] else None for item in zip(job_ids, records, strict=True)]

    async def page(self, state: JobState, offset: int, limit: int) -> tuple[list[Job], int]:
        """Records in one state, newest first, and how many there are in all."""
        return await self._page(keys.index(state), offset, limit)

    async def job_data(self, job_ids: Sequence[str]) -> list[dict[str, Any] | None]:
        """What was posted for each job; None when it is gone."""
        if not job_ids:
            return []
        with unavailable_on_redis_errors():
            payloads = await self._redis.mget([keys.payload(job_id) for job_id in job_ids])
        return [posted(payload) for payload in payloads]

    async def counts(self) -> dict[JobState, int]:
        """How many jobs are in each state."""
        with unavailable_on_redis_errors():
            async with self._redis.pipeline(transaction=True) as pipe:
                for state in JobState:
                    pipe.zcard(keys.index(state))
                sizes = await pipe.execute()
        return dict(zip(JobState, sizes, strict=True))

    async def oldest_waiting_ms(self) -> int | None:
        """How long the longest waiting job has been claimable, in milliseconds; None when none waits."""
        with unavailable_on_redis_errors():
            oldest = await self._redis.zrange(keys.index(JobState.WAITING), 0, 0, withscores=True)
        return max(0, await self.now_ms() - int(oldest[0][1])) if oldest else None

    async def finished_since(self, state: JobState, since_ms: int) -> int:
        """How many jobs reached `state` (a finished one) at or after `since_ms`."""
        with unavailable_on_redis_errors():
            return int(await self._redis.zcount(keys.index(state), since_ms, "+inf"))

    async def workers(self) -> list[WorkerInfo]:
        """The workers heard of lately, by id."""
        since = await self.now_ms() - WORKER_SILENCE_MS
        with unavailable_on_redis_errors():
            ids = sorted(raw.decode() for raw in await self._redis.zrangebyscore(keys.WORKERS, since, "+inf"))
            async with self._redis.pipeline(transaction=False) as pipe:
                for worker_id in ids:
                    pipe.hgetall(keys.worker(worker_id))
                records = await pipe.execute() if ids else []
        return [_worker(*item) for item in zip(ids, records, strict=True) if item[1]]

    async def recoveries(self) -> tuple[list[int], list[int]]:
        """The latest recoveries: ms from a worker's last sign of life to the next claim, and to the PDF."""
        with unavailable_on_redis_errors():
            async with self._redis.pipeline(transaction=False) as pipe:
                pipe.lrange(keys.recovery("reclaimed"), 0, -1)
                pipe.lrange(keys.recovery("completed"), 0, -1)
                reclaimed, completed = await pipe.execute()
        return [int(raw.split()[2]) for raw in reclaimed], [int(raw.split()[2]) for raw in completed]

    async def is_paused(self) -> bool:
        """Whether new claims are stopped."""
        with unavailable_on_redis_errors():
            return bool(await self._redis.exists(keys.PAUSED))

    async def scheduler(self) -> SchedulerInfo | None:
        """Who sweeps; None when nobody did lately."""
        with unavailable_on_redis_errors():
            raw = await self._redis.get(keys.SCHEDULER)
        if raw is None:
            return None
        facts = from_json(raw)
        return SchedulerInfo(facts["id"], int(facts["timestamp"]))

    async def _page(self, index: str, offset: int, limit: int) -> tuple[list[Job], int]:
        with unavailable_on_redis_errors():
            async with self._redis.pipeline(transaction=True) as pipe:
                pipe.zrevrange(index, offset, offset + limit - 1)
                pipe.zcard(index)
                raw_ids, total = await pipe.execute()
            ids = [raw.decode("utf-8", "replace") for raw in raw_ids]
            async with self._redis.pipeline(transaction=False) as pipe:
                for job_id in ids:
                    pipe.hgetall(keys.job(job_id))
                records = await pipe.execute() if ids else []
        jobs = [Job.from_record(*item) for item in zip(ids, records, strict=True) if item[1]]
        return jobs, int(total)

    async def _position(self, job: Job) -> int | None:
        """How many waiting jobs come before this one; None when it does not wait."""
        if job.state is not JobState.WAITING:
            return None
        with unavailable_on_redis_errors():
            async with self._redis.pipeline(transaction=True) as pipe:
                pipe.zrank(keys.QUEUE, job.id)
                pipe.zcard(keys.index(JobState.ACTIVE))
                pipe.zcard(keys.index(JobState.DELAYED))
                rank, active, delayed = await pipe.execute()
        if rank is None:
            return None
        behind_others = active + delayed if job.priority > 5 else 0
        return max(0, int(rank) - behind_others)


def posted(payload: bytes | None) -> dict[str, Any] | None:
    """What a payload's client posted: `{reportType, data, …}`; None when it can't be read."""
    try:
        return read_options(payload or b"").posted
    except ValidationFailed:
        return None


def published_result(job: Job) -> dict[str, Any] | None:
    """The contract's `result`: what the worker recorded, with the time on Redis's clock."""
    return None if job.result is None else {**job.result, "processedAt": job.finished_at_ms}


def _summary(job: Job, now_ms: int) -> dict[str, Any]:
    return {
        "id": job.id,
        "name": job.name,
        "reportType": job.report_type,
        "title": job.title,
        "tenant": job.tenant or None,
        "state": job.state.value,
        "status": job.state.value,
        "progress": job.progress,
        "stage": job.stage,
        "attempts": job.attempts,
        "maxAttempts": job.max_attempts,
        "priority": job.priority,
        "createdAt": rfc3339(job.created_at_ms),
        "availableAt": rfc3339(job.available_at_ms),
        "startedAt": rfc3339(job.started_at_ms),
        "finishedAt": rfc3339(job.finished_at_ms) if job.state in FINISHED_STATES else None,
        "workerId": job.worker_id,
        "queuePosition": None,
        "etaSeconds": eta_seconds(job, now_ms),
        "result": published_result(job),
        "failedReason": job.failed_reason,
        "error": job.error,
        "requestId": job.request_id,
        "timestamp": job.created_at_ms,
    }


def _timeline_entry(raw: bytes) -> dict[str, Any]:
    at_ms, event, attempt, worker, detail = from_json(raw.decode("utf-8", "replace"))
    return {
        "at": rfc3339(int(at_ms)),
        "event": event,
        "attempt": int(attempt),
        "workerId": worker or None,
        "detail": detail or None,
    }


def _worker(worker_id: str, record: dict[bytes, bytes]) -> WorkerInfo:
    running = record.get(b"running", b"").decode()
    return WorkerInfo(
        id=worker_id,
        pid=int(record.get(b"pid", 0)),
        host=record.get(b"host", b"").decode(),
        port=int(record.get(b"port", 0)),
        uptime_seconds=float(record.get(b"uptime", 0)),
        timestamp_ms=int(record.get(b"timestamp", 0)),
        concurrency=int(record.get(b"concurrency", 0)),
        running=tuple(running.split(",")) if running else (),
        rss_bytes=int(record.get(b"rss", 0)),
    )
