"""What clients send to and get from the producer."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    StrictBool,
    StrictFloat,
    StrictInt,
    StrictStr,
    field_validator,
    model_validator,
)
from pydantic.alias_generators import to_camel

from shared.outbound import MAX_URL

#: longest time a job may be put off, in milliseconds: one year
MAX_DELAY_MS = 365 * 24 * 3600 * 1000

#: most reports of one batch
MAX_BATCH = 1000

#: RFC 3339, section 5.6
_DATE_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)


def _printable(text: str) -> str:
    if text.isprintable():
        return text
    for character in text:
        if unicodedata.category(character) == "Cc":
            raise ValueError(f"contains the control character U+{ord(character):04X}")
    return text


def _not_blank(text: str) -> str:
    if not text.strip():
        raise ValueError("must not be blank")
    return text


Label = Annotated[StrictStr, AfterValidator(_printable)]


class _Body(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, extra="forbid")


class Webhook(_Body):
    """Where the end of the job is told, and what signs it (standardwebhooks.com)."""

    url: Label = Field(max_length=MAX_URL, description="http:// or https://, at a public address.")
    secret: Label = Field(
        max_length=200, repr=False, description="whsec_ and base64 of 24 to 64 bytes. Never shown again."
    )


class GenerateRequest(_Body):
    """The body of `POST /api/v1/reports/generate`."""

    report_type: Label = Field(min_length=1, max_length=64, description="One of the known report types.")
    data: Any = Field(description="The report's data; its shape depends on the type.")
    title: Annotated[Label, AfterValidator(_not_blank)] | None = Field(
        None, min_length=1, max_length=200, description="Printed as the title."
    )
    priority: StrictInt = Field(5, ge=0, le=9, description="0 is done first, 9 last.")
    delay_ms: StrictInt | None = Field(
        None, ge=0, le=MAX_DELAY_MS, description="Start no sooner than this many milliseconds from now."
    )
    run_at: AwareDatetime | None = Field(
        None, description="Start no sooner than this time, RFC 3339 with its offset; at most a year from now."
    )
    max_attempts: StrictInt = Field(3, ge=1, le=100, description="How often the job may be started.")
    timeout_seconds: StrictFloat | None = Field(
        None, ge=1, le=86400, description="How long one attempt may take."
    )
    tenant: Label = Field("", max_length=64, description="Whose job it is.")
    reuse: StrictBool = Field(
        False,
        description="A finished PDF will do if the same tenant asked for the same report with reuse before.",
    )

    webhook: Webhook | None = Field(
        None, description="Told when the job has completed, failed or been cancelled: see docs/webhooks.md."
    )

    @field_validator("run_at", mode="before")
    @classmethod
    def _run_at_is_text(cls, value: object) -> object:
        if value is not None and not (isinstance(value, str) and _DATE_TIME.fullmatch(value)):
            raise ValueError("must be an RFC 3339 time such as 2026-01-31T09:00:00Z")
        return value

    @field_validator("run_at")
    @classmethod
    def _run_at_is_within_a_year(cls, value: datetime | None) -> datetime | None:
        if value is not None and value > datetime.now(UTC) + timedelta(milliseconds=MAX_DELAY_MS):
            raise ValueError("must be at most a year from now")
        return value

    @model_validator(mode="before")
    @classmethod
    def _is_an_object(cls, value: object) -> object:
        if not isinstance(value, dict):
            raise ValueError("the body must be a JSON object")
        return value

    @model_validator(mode="after")
    def _one_kind_of_delay(self) -> GenerateRequest:
        if self.delay_ms is not None and self.run_at is not None:
            raise ValueError("give delayMs or runAt, not both")
        return self


class _Answer(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)


class CreatedJob(_Answer):
    """Where to find the job and, once it is completed, its PDF."""

    job_id: str
    #: of the job; "removed" in the answer to a batch that was sent before, when there is no such job any more
    state: str
    status_url: str
    download_url: str


class GenerateAnswer(_Answer):
    """The answer to a report that was taken in."""

    success: bool
    message: str
    data: CreatedJob


class CancelledJob(_Answer):
    """What became of the job."""

    job_id: str
    state: str
    previous_state: str


class CancelAnswer(_Answer):
    """The answer to a cancel that took effect: no PDF will come of this job."""

    success: bool
    message: str
    data: CancelledJob


class ReportTypeDescription(_Answer):
    """One report type."""

    name: str
    title: str
    description: str
    json_schema: dict[str, Any] = Field(alias="schema")
    example: dict[str, Any]


class TypesAnswer(_Answer):
    """All report types."""

    types: list[ReportTypeDescription]


class DatasetColumnAnswer(_Answer):
    """One column of a dataset, with the type that all of its values share."""

    name: str
    type: Literal["number", "date", "bool", "text"]


class DatasetAnswer(_Answer):
    """A dataset's record."""

    dataset_id: str
    file_name: str
    rows: int
    columns: list[DatasetColumnAnswer]
    bytes: int
    sha256: str
    #: how the bytes are read: what was found out, or what the query said
    format: Literal["csv", "ndjson", "json"]
    encoding: str
    #: of a CSV
    delimiter: str | None
    header: bool | None
    created_at: str
    #: when it is removed unless a report names it before
    expires_at: str


class BatchRequest(_Body):
    """The body of `POST /api/v1/reports/batch`; each report as in `POST /api/v1/reports/generate`."""

    reports: list[Any] = Field(min_length=1, max_length=MAX_BATCH)


class BatchAnswer(_Answer):
    """The answer to a batch that was taken in, in the order of its reports."""

    success: bool
    message: str
    data: list[CreatedJob]
