"""The queue as it is now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from arq.connections import ArqRedis
from redis.exceptions import ResponseError

from shared.job import Job, JobState
from shared.queue import keys
from shared.queue.reads.audit import AuditEntry, read_audit
from shared.queue.reads.documents import posted, published_result, summary, timeline_from
from shared.queue.reads.filters import JobFilter, Position, Sort
from shared.queue.reads.history import Bucket, History, Step
from shared.queue.reads.listing import Lister
from shared.queue.reads.presence import (
    WORKER_SILENCE_MS,
    SchedulerInfo,
    WorkerInfo,
    scheduler_from,
    worker_from,
)
from shared.queue.reads.snapshot import Snapshot, ask_for_snapshot, snapshot_from
from shared.redact import Redactor
from shared.redis import unavailable_on_redis_errors, unless_of_another_kind

__all__ = ["QueueReads", "Selection", "published_result"]


@dataclass(frozen=True, slots=True)
class Selection:
    """A page of a list."""

    #: job documents without payload, timeline and position
    jobs: list[dict[str, Any]]
    #: where the next page begins; None on the last one
    following: Position | None
    #: jobs in the whole list
    total: int
    #: False: `total` is projected from the entries looked at so far
    total_is_exact: bool


class QueueReads:
    """The queue as it is now. Secrets in what was posted are hidden, as `redact` says.

    All raise `QueueUnavailable` when Redis can't be reached.
    """

    def __init__(self, redis: ArqRedis, redact: Redactor | None = None) -> None:
        self._redis = redis
        self._redact = redact or Redactor(frozenset())
        self._lister = Lister(redis)
        self._history = History(redis)

    async def now_ms(self) -> int:
        """Redis's clock, epoch milliseconds."""
        with unavailable_on_redis_errors():
            seconds, micros = await self._redis.time()
        return int(seconds * 1000 + micros // 1000)

    async def job(self, job_id: str) -> Job | None:
        """One job's record."""
        with unavailable_on_redis_errors():
            try:
                record = await self._redis.execute_command("HGETALL", keys.job(job_id))
            except ResponseError as error:
                record = error
            return _job(job_id, _hash(record))

    async def document(self, job_id: str) -> dict[str, Any] | None:
        """The contract's job document, whole."""
        with unavailable_on_redis_errors():
            async with self._redis.pipeline(transaction=True) as pipe:
                pipe.hgetall(keys.job(job_id))
                pipe.get(keys.payload(job_id))
                pipe.lrange(keys.log(job_id), 0, -1)
                pipe.time()
                answers = await pipe.execute(raise_on_error=False)
            job = _job(job_id, _hash(answers[0]))
            payload, log, (seconds, micros) = (unless_of_another_kind(answer) for answer in answers[1:])
        if job is None:
            return None
        document = summary(job, int(seconds * 1000 + micros // 1000))
        document["queuePosition"] = await self._position(job)
        document["jobData"] = posted(payload, self._redact)
        document["timeline"] = [line.as_json() for line in timeline_from(log or [])]
        return document

    async def jobs(self, job_ids: Sequence[str]) -> list[Job | None]:
        """Records by id; None where there is none."""
        if not job_ids:
            return []
        with unavailable_on_redis_errors():
            async with self._redis.pipeline(transaction=False) as pipe:
                for job_id in job_ids:
                    pipe.hgetall(keys.job(job_id))
                records = await pipe.execute(raise_on_error=False)
            return [_job(job_id, _hash(found)) for job_id, found in zip(job_ids, records, strict=True)]

    async def have_keys(self, job_ids: Sequence[str]) -> set[str]:
        """Of these ids those that have a record, be it one that can't be read."""
        if not job_ids:
            return set()
        with unavailable_on_redis_errors():
            async with self._redis.pipeline(transaction=False) as pipe:
                for job_id in job_ids:
                    pipe.exists(keys.job(job_id))
                found = await pipe.execute()
        return {job_id for job_id, there in zip(job_ids, found, strict=True) if there}

    async def select(self, wanted: JobFilter, sort: Sort, after: Position | None, limit: int) -> Selection:
        """A page of the jobs that `wanted` describes. It may hold fewer than `limit` and still not be the
        last: the entries that one call looks at are limited.

        Raises:
            ValidationFailed: the order makes no sense for the filter.
        """
        found = await self._lister.find(wanted, sort, after, limit)
        jobs = await self._records(found.ids)
        if wanted.state:
            jobs = [job for job in jobs if job.state is wanted.state]
        now_ms = await self.now_ms()
        summaries = [summary(job, now_ms) for job in jobs]
        return Selection(summaries, found.following, found.total, found.total_is_exact)

    async def ids(
        self, wanted: JobFilter, sort: Sort, after: Position | None, limit: int
    ) -> tuple[list[str], Position | None]:
        """The ids of a page, and where the next one begins."""
        found = await self._lister.find(wanted, sort, after, limit, count=False)
        return found.ids, found.following

    async def page(self, state: JobState, offset: int, limit: int) -> tuple[list[Job], int]:
        """Records in one state, newest first, and how many there are in all."""
        with unavailable_on_redis_errors():
            async with self._redis.pipeline(transaction=True) as pipe:
                pipe.zrevrange(keys.index(state), offset, offset + limit - 1)
                pipe.zcard(keys.index(state))
                raw_ids, total = await pipe.execute()
        return await self._records([raw.decode("utf-8", "replace") for raw in raw_ids]), int(total)

    async def job_data(self, job_ids: Sequence[str]) -> list[dict[str, Any] | None]:
        """What was posted for each job; None when it is gone."""
        if not job_ids:
            return []
        with unavailable_on_redis_errors():
            payloads = await self._redis.mget([keys.payload(job_id) for job_id in job_ids])
        return [posted(payload, self._redact) for payload in payloads]

    async def counts(self) -> dict[JobState, int]:
        """How many jobs are in each state."""
        with unavailable_on_redis_errors():
            async with self._redis.pipeline(transaction=True) as pipe:
                for state in JobState:
                    pipe.zcard(keys.index(state))
                sizes = await pipe.execute()
        return dict(zip(JobState, sizes, strict=True))

    async def history(self, step: Step) -> list[Bucket]:
        """What happened lately, oldest first; empty buckets included."""
        return await self._history.read(step, await self.now_ms())

    async def snapshot(self) -> Snapshot:
        """The figures of the whole queue, in two round trips."""
        now_ms = await self.now_ms()
        with unavailable_on_redis_errors():
            async with self._redis.pipeline(transaction=True) as pipe:
                ask_for_snapshot(pipe, now_ms)
                answers = await pipe.execute()
        lately = await self._history.read(Step.MINUTE, now_ms)
        return snapshot_from(now_ms, answers, sum(bucket.counts["stalled"] for bucket in lately))

    async def workers(self) -> list[WorkerInfo]:
        """The workers heard of lately, by id."""
        since = await self.now_ms() - WORKER_SILENCE_MS
        with unavailable_on_redis_errors():
            ids = sorted(raw.decode() for raw in await self._redis.zrangebyscore(keys.WORKERS, since, "+inf"))
            async with self._redis.pipeline(transaction=False) as pipe:
                for worker_id in ids:
                    pipe.hgetall(keys.worker(worker_id))
                    pipe.exists(keys.paused_worker(worker_id))
                answers = await pipe.execute() if ids else []
        found = zip(ids, answers[::2], answers[1::2], strict=True)
        return [worker_from(name, record, bool(paused)) for name, record, paused in found if record]

    async def recoveries(self) -> tuple[list[int], list[int]]:
        """The latest recoveries: ms from a worker's last sign of life to the next claim, and to the PDF."""
        with unavailable_on_redis_errors():
            async with self._redis.pipeline(transaction=False) as pipe:
                pipe.lrange(keys.recovery("reclaimed"), 0, -1)
                pipe.lrange(keys.recovery("completed"), 0, -1)
                reclaimed, completed = await pipe.execute()
        return [int(raw.split()[2]) for raw in reclaimed], [int(raw.split()[2]) for raw in completed]

    async def audit(self, limit: int) -> list[AuditEntry]:
        """What people did that no timeline shows, newest first."""
        return await read_audit(self._redis, limit)

    async def is_paused(self) -> bool:
        """Whether new claims are stopped."""
        with unavailable_on_redis_errors():
            return bool(await self._redis.exists(keys.PAUSED))

    async def scheduler(self) -> SchedulerInfo | None:
        """Who sweeps; None when nobody did lately."""
        with unavailable_on_redis_errors():
            raw = await self._redis.get(keys.SCHEDULER)
        return None if raw is None else scheduler_from(raw)

    async def server(self) -> dict[str, Any]:
        """Facts of the Redis server for people: version, memory in bytes, uptime in seconds, persistence."""
        with unavailable_on_redis_errors():
            info = await self._redis.info()
        return {
            "version": str(info.get("valkey_version") or info.get("redis_version")),
            "kind": "Valkey" if "valkey_version" in info else "Redis",
            "usedMemory": int(info.get("used_memory", 0)),
            "maxMemory": int(info.get("maxmemory", 0)),
            "uptime": int(info.get("uptime_in_seconds", 0)),
            "appendOnly": bool(info.get("aof_enabled", 0)),
            "clients": int(info.get("connected_clients", 0)),
        }

    async def _records(self, ids: Sequence[str]) -> list[Job]:
        return [job for job in await self.jobs(ids) if job is not None]

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
        behind_others = active + delayed if job.priority > 5 or job.is_large else 0
        return max(0, int(rank) - behind_others)


def _hash(answer: Any) -> Mapping[bytes, bytes]:
    """A record; empty when the key was made something else by hand, as the scripts see it, too."""
    return unless_of_another_kind(answer) or {}


def _job(job_id: str, record: Mapping[bytes, bytes]) -> Job | None:
    """None where there is no record, or what is there tells no state."""
    try:
        return Job.from_record(job_id, record)
    except ValueError:
        return None
