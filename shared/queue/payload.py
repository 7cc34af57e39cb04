"""The payload of a job: arq's layout `{t, f, a, k, et}` written as JSON, never as a pickle.

An arq client that wants to enqueue into Pressroom uses these two functions as its serializer:

    pool = await arq.create_pool(
        settings, job_serializer=encode_payload, job_deserializer=decode_payload,
        default_queue_name="report:queue",
    )
    await pool.enqueue_job("generate-report", reportType="test", data={"period": "Q1", "revenue": 1})
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from pydantic_core import from_json, to_json

from shared.errors import FieldError, ValidationFailed
from shared.job import JOB_NAME, JobSpec

_NAME = JOB_NAME.encode()


def encode_payload(job: dict[str, Any]) -> bytes:
    """arq's job or result as JSON bytes. An exception (the result of a failed job) becomes its text."""
    return to_json(job, fallback=str, inf_nan_mode="constants")


def decode_payload(raw: bytes) -> dict[str, Any]:
    """JSON bytes as arq's job or result.

    Raises:
        ValueError: not JSON (a pickle, for example), or not an object.
    """
    job = from_json(raw, allow_inf_nan=False)
    if not isinstance(job, dict):
        raise ValueError("a payload must be a JSON object")
    return job


def payload_of(spec: JobSpec) -> bytes:
    """The payload of a job that the producer submits."""
    enqueued_ms = time.time_ns() // 1_000_000
    if spec.options_text:
        return b'{"t":null,"f":"%b","a":[],"k":%b,"et":%d}' % (_NAME, spec.options_text, enqueued_ms)
    options: dict[str, Any] = {"reportType": spec.report_type, "data": spec.data}
    if spec.title is not None:
        options["title"] = spec.title
    return encode_payload({"t": None, "f": JOB_NAME, "a": [], "k": options, "et": enqueued_ms})


@dataclass(frozen=True, slots=True)
class ReportOptions:
    """What a payload asks for; not yet validated against its report type."""

    report_type: str
    title: str | None
    data: Any
    #: everything the client named, as it was sent
    posted: dict[str, Any]


def read_options(raw: bytes) -> ReportOptions:
    """Reads the report that a payload asks for, from arq's keyword arguments or its first positional one.

    Raises:
        ValidationFailed: the payload is gone, not JSON, or names no report.
    """
    if not raw:
        raise ValidationFailed([FieldError("payload", "is gone")])
    try:
        job = decode_payload(raw)
    except ValueError as error:
        raise ValidationFailed([FieldError("payload", f"is not readable JSON: {error}")]) from None
    keyword, positional = job.get("k"), job.get("a")
    options = keyword if isinstance(keyword, dict) and "reportType" in keyword else None
    if options is None and isinstance(positional, list) and positional and isinstance(positional[0], dict):
        options = positional[0]
    if options is None or not isinstance(options.get("reportType"), str):
        raise ValidationFailed([FieldError("reportType", "is missing")])
    title = options.get("title")
    if title is not None and not isinstance(title, str):
        raise ValidationFailed([FieldError("title", "must be a text")])
    return ReportOptions(options["reportType"], title, options.get("data"), options)
