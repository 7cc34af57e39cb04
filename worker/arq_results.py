"""The result that an arq client waits for with `Job.result()`."""

from __future__ import annotations

import time
from typing import Any

from arq.jobs import serialize_result

from shared.job import JOB_NAME
from shared.queue.keys import QUEUE
from shared.queue.leases import ClaimedJob
from shared.queue.payload import encode_payload


def arq_success(job: ClaimedJob, result: dict[str, Any]) -> bytes:
    """arq's result of a completed job: the contract's `result`."""
    return _serialized(job, True, result)


def arq_failure(job: ClaimedJob, message: str) -> bytes:
    """arq's result of a failed job: the reason, as text."""
    return _serialized(job, False, message)


def _serialized(job: ClaimedJob, success: bool, result: Any) -> bytes:
    finished_ms = time.time_ns() // 1_000_000
    serialized = serialize_result(
        JOB_NAME,
        (),
        {},
        job.attempt,
        job.created_at_ms,
        success,
        result,
        job.created_at_ms,
        finished_ms,
        f"{job.id}:{JOB_NAME}",
        QUEUE,
        job_id=job.id,
        serializer=encode_payload,
    )
    return serialized or b""
