"""What clients of the queue may ask for: submit, cancel, retry, remove, pause, resume."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from arq.connections import ArqRedis

from shared.errors import IdempotencyConflict, IllegalTransition, JobNotFound
from shared.job import JobSpec, JobState, result_from
from shared.queue import scripts
from shared.queue.payload import payload_of
from shared.redact import Redactor

#: how long an idempotency key is remembered, in seconds
IDEMPOTENCY_SECONDS = 24 * 3600


def new_job_id() -> str:
    """A random id of 32 hexadecimal digits."""
    return os.urandom(16).hex()


@dataclass(frozen=True, slots=True)
class Large:
    """From when on a job is large: such jobs take only some of a worker's slots, so others need not wait."""

    #: of the datasets that it names
    rows: int = 20_000
    payload_bytes: int = 1 << 20


@dataclass(frozen=True, slots=True)
class Submitted:
    """The answer to a submit."""

    job_id: str
    #: None: a job of a batch that was sent before, and it was removed since
    state: JobState | None
    #: False: the idempotency key had made this job before, or it is reused
    created: bool
    #: a completed job of the same content, which another request made
    reused: bool = False


@dataclass(frozen=True, slots=True)
class Removed:
    """The answer to a remove."""

    state: JobState
    #: the PDF that the record named; the caller deletes it
    file_name: str | None


class QueueCommands:
    """Each call is one atomic step of a script; those of one moment may share a run of it.

    All raise `QueueUnavailable` when Redis can't take the command.
    """

    def __init__(self, redis: ArqRedis, redact: Redactor | None = None, large: Large | None = None) -> None:
        self._redis = redis
        self._redact = redact or Redactor(frozenset())
        self._large = large or Large()

    async def submit(self, spec: JobSpec) -> Submitted:
        """Takes a job in, or finds a completed one with its `reuse_hash`.

        Raises:
            IdempotencyConflict: the key belongs to a job made from another body.
        """
        return _submitted(await scripts.run(self._redis, "submit", *self._submission(spec)))

    def submit_soon(self, spec: JobSpec, answer: Callable[[Submitted | Exception], None]) -> None:
        """Takes a job in as `submit` does, for a caller that is no coroutine.

        `answer` is called once, with what `submit` would return or raise.
        """

        def of_script(value: Any) -> None:
            if not isinstance(value, Exception):
                try:
                    value = _submitted(value)
                except Exception as error:  # nobody else would hear of it
                    value = error
            answer(value)

        scripts.run_soon(self._redis, "submit", of_script, *self._submission(spec))

    def _submission(self, spec: JobSpec) -> list[scripts.Argument]:
        payload = payload_of(spec)
        return [
            *_job_of(spec, payload),
            *(spec.idempotency_key, spec.body_hash, IDEMPOTENCY_SECONDS, _reuse_of(spec)),
            *self._description_of(spec, payload),
        ]

    async def submit_batch(
        self, specs: Sequence[JobSpec], idempotency_key: str = "", body_hash: str = ""
    ) -> list[Submitted]:
        """Takes jobs in, all or none; answers in their order. Their own idempotency keys do not count.

        A job is not made when there is a completed one with its `reuse_hash`.

        Raises:
            IdempotencyConflict: the key belongs to a batch made from another body.
        """
        arguments: list[scripts.Argument] = [idempotency_key, body_hash, IDEMPOTENCY_SECONDS]
        for spec in specs:
            payload = payload_of(spec)
            description = self._description_of(spec, payload)
            arguments += [*_job_of(spec, payload), _reuse_of(spec), len(description), *description]
        status, *answers = await self._run("submit_batch", *arguments)
        if status == "conflict":
            raise IdempotencyConflict(answers[0])
        return [
            _of_batch(spec, status, job_id, state)
            for spec, job_id, state in zip(specs, answers[::2], answers[1::2], strict=True)
        ]

    async def cancel(self, job_id: str, by: str = "") -> JobState:
        """Ends an unfinished job at once; returns the state it had.

        Raises:
            JobNotFound, IllegalTransition: nothing was changed.
        """
        status, state = await self._run("cancel", job_id, by)
        return _former_state(job_id, status, state, "cancelled")

    async def retry(self, job_id: str, by: str = "") -> JobState:
        """Runs a failed or cancelled job again under its id; returns the state it had.

        Raises:
            JobNotFound, IllegalTransition: nothing was changed.
        """
        status, state = await self._run("retry", job_id, by)
        return _former_state(job_id, status, state, "retried")

    async def remove(self, job_id: str, by: str = "") -> Removed:
        """Forgets a job that is not running; without `by` the audit does not show it.

        Raises:
            JobNotFound, IllegalTransition: nothing was changed.
        """
        status, state, result = await self._run("remove", job_id, by)
        former = _former_state(job_id, status, state, "removed")
        facts = result_from(result.encode())
        return Removed(former, facts["fileName"] if facts else None)

    async def audit(self, action: str, by: str, detail: str) -> None:
        """Notes what somebody did to many jobs at once."""
        await scripts.run(self._redis, "audit", action, by, detail)

    async def pause(self, by: str = "") -> bool:
        """Stops new claims; whether that changed anything."""
        return bool(await scripts.run(self._redis, "pause", "1", by))

    async def resume(self, by: str = "") -> bool:
        """Allows claims again; whether that changed anything."""
        return bool(await scripts.run(self._redis, "pause", "0", by))

    async def pause_worker(self, worker_id: str, by: str = "") -> bool:
        """Lets one worker take no more jobs; whether that changed anything. It is forgotten after a week."""
        return bool(await scripts.run(self._redis, "pause_worker", worker_id, "1", by))

    async def resume_worker(self, worker_id: str, by: str = "") -> bool:
        """Lets the worker take jobs again; whether that changed anything."""
        return bool(await scripts.run(self._redis, "pause_worker", worker_id, "0", by))

    def _description_of(self, spec: JobSpec, payload: bytes) -> list[scripts.Argument]:
        """What the indexes want to know, then further fields of the record, name and value in turn."""
        is_large = spec.dataset_rows >= self._large.rows or len(payload) >= self._large.payload_bytes
        large, text = "1" if is_large else "", f"{spec.title or ''} {self._redact.sample(spec.data)}"
        fields: dict[str, scripts.Argument] = {
            "reportType": spec.report_type,
            "title": spec.title or "",
            "tenant": spec.tenant,
            "maxAttempts": spec.max_attempts,
            "timeoutSeconds": spec.timeout_seconds,
            "requestId": spec.request_id,
            "datasets": ",".join(spec.datasets),
            "large": large,
            "webhook": spec.webhook,
            "reuse": _reuse_of(spec),
        }
        known = [part for item in fields.items() if item[1] != "" for part in item]
        return [spec.report_type, spec.tenant, large, text, *known]

    async def _run(self, name: str, *arguments: scripts.Argument) -> list[str]:
        answer: list[Any] = await scripts.run(self._redis, name, *arguments)
        return [item.decode() for item in answer]


def _submitted(answer: bytes) -> Submitted:
    status, job_id, state = answer.decode().split(" ")
    if status == "conflict":
        raise IdempotencyConflict(job_id)
    return Submitted(job_id, JobState(state or "waiting"), status == "created", status == "reused")


def _job_of(spec: JobSpec, payload: bytes) -> list[scripts.Argument]:
    """What the scripts must know of a job: id, payload, delay, run-at, priority."""
    run_at: scripts.Argument = "" if spec.run_at_ms is None else spec.run_at_ms
    return [spec.job_id, payload, spec.delay_ms, run_at, spec.priority]


def _reuse_of(spec: JobSpec) -> str:
    return f"{spec.reuse_hash} {spec.reuse_seconds}" if spec.reuse_hash else ""


def _of_batch(spec: JobSpec, status: str, job_id: str, state: str) -> Submitted:
    new, own = status == "created", job_id == spec.job_id
    return Submitted(job_id, JobState(state) if state else None, new and own, new and not own)


def _former_state(job_id: str, status: str, state: str, action: str) -> JobState:
    if status == "missing":
        raise JobNotFound(job_id)
    if status == "refused":
        raise IllegalTransition(job_id, state, action)
    return JobState(state)
