"""From a request's body to a job: checks everything before anything is written."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from pydantic_core import to_json

from producer.schemas import GenerateRequest
from shared.datasets.model import Dataset
from shared.errors import DatasetMissing, FieldError, SettingsError, ValidationFailed
from shared.http.body import parse_json, validated
from shared.job import JobSpec
from shared.outbound import AddressRefused, check_url
from shared.queue.commands import new_job_id
from shared.reports import dataset_uses
from shared.reports.datasets import DatasetUse, dataset_errors
from shared.reports.identity import content_hash
from shared.reports.jsoncheck import MAX_ERRORS
from shared.settings import Settings
from shared.storage import DatasetStorage
from shared.webhooks import secret_bytes

#: a PDF is handed out again no longer than this after it was made, in days, however long it is kept
MAX_REUSE_DAYS = 365

#: what a payload says of a job, in the request's own words
_KEPT = frozenset({"report_type", "data", "title"})

_IDEMPOTENCY_KEY = re.compile(r"[\x21-\x7e]{1,200}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Draft:
    """A job whose body is in order; the datasets that it names have not been looked for yet."""

    spec: JobSpec
    uses: tuple[DatasetUse, ...]


async def job_from(
    text: bytes,
    settings: Settings,
    folder: DatasetStorage,
    *,
    request_id: str,
    idempotency_key: str | None,
) -> JobSpec:
    """The job that a body asks for. The datasets that it names are kept from now on.

    Raises:
        MalformedBody: the text is no JSON.
        ValidationFailed: with the path of each wrong field.
    """
    body = parse_json(text)
    draft = draft_from(body, settings, request_id=request_id, text=text)
    (spec,) = await with_datasets([draft], folder)
    return keyed(spec, idempotency_key, body)


def keyed(spec: JobSpec, idempotency_key: str | None, body: object) -> JobSpec:
    """The job under the client's key, if there is one.

    Raises:
        ValidationFailed: the key can't be one.
    """
    if idempotency_key is None:
        return spec
    key = scoped_key(idempotency_key, spec.tenant)
    return replace(spec, idempotency_key=key, body_hash=meaning_of(body))


def draft_from(body: object, settings: Settings, *, request_id: str, text: bytes = b"") -> Draft:
    """The job that a body asks for, as far as the body itself tells.

    Args:
        body: the JSON value.
        settings: have the defaults of what it does not say.
        request_id: of the request that it came with.
        text: the JSON text of exactly that value, when it is at hand: spares writing it again.

    Raises:
        ValidationFailed: with the path of each wrong field.
    """
    request = validated(GenerateRequest, body)
    uses = dataset_uses(request.report_type, request.data, text)
    spec = JobSpec(
        job_id=new_job_id(),
        report_type=request.report_type,
        data=request.data,
        title=request.title,
        tenant=request.tenant,
        priority=request.priority,
        delay_ms=request.delay_ms or 0,
        run_at_ms=round(request.run_at.timestamp() * 1000) if request.run_at else None,
        max_attempts=request.max_attempts,
        timeout_seconds=request.timeout_seconds or settings.default_timeout_seconds,
        request_id=request_id,
        reuse_seconds=_reuse_seconds(settings) if request.reuse else 0,
        webhook=_webhook(request, settings),
        options_text=text if _is_all_kept(request, text) else b"",
    )
    return Draft(spec, uses)


def _is_all_kept(request: GenerateRequest, text: bytes) -> bool:
    """Whether the text holds what a payload holds of a request, no more, and no longer than need be.

    With spaces, lines or escaped letters it would take more of Redis's memory than it says.
    """
    named = request.model_fields_set
    if not named <= _KEPT or ("title" in named and request.title is None):
        return False
    if text[:2] != b'{"' or b"\n" in text or (b"\\" in text and b"\\u" in text):
        return False
    colon = text.find(b'":') + 2  # who puts a space here puts one after every colon
    return not text[colon : colon + 1].isspace()


async def with_datasets(
    drafts: Sequence[Draft], folder: DatasetStorage, prefix: str | None = None
) -> list[JobSpec]:
    """The jobs, bound to the datasets that they name.

    Args:
        drafts: in the order of the answer.
        folder: has the datasets.
        prefix: of the errors' paths, before the number of the draft; None: there is only one.

    Raises:
        ValidationFailed: a dataset does not exist or has no such column; names the fields.
    """
    records: dict[str, Dataset] = {}
    for dataset_id in dict.fromkeys(use.dataset_id for draft in drafts for use in draft.uses):
        with suppress(DatasetMissing):
            records[dataset_id] = await folder.name(dataset_id)
    errors: list[FieldError] = []
    for index, draft in enumerate(drafts):
        found = dataset_errors(draft.uses, records)
        errors += found if prefix is None else under(f"{prefix}.{index}", found)
    if errors:
        raise ValidationFailed(errors[:MAX_ERRORS])
    return [bound(draft, records) for draft in drafts]


def under(prefix: str, errors: Iterable[FieldError]) -> list[FieldError]:
    """The errors with paths that start at `prefix`."""
    return [FieldError(f"{prefix}.{error.path}", error.message) for error in errors]


def bound(draft: Draft, records: Mapping[str, Dataset]) -> JobSpec:
    """The job with what its datasets, by id, say of it."""
    if not draft.uses and not draft.spec.reuse_seconds:
        return draft.spec
    named = tuple(dict.fromkeys(use.dataset_id for use in draft.uses))
    rows = sum(records[name].rows for name in named)
    spec = replace(draft.spec, datasets=named, dataset_rows=rows)
    if not spec.reuse_seconds:
        return spec
    return replace(spec, reuse_hash=reuse_hash(spec, {name: records[name].sha256 for name in named}))


def reuse_hash(spec: JobSpec, checksums: Mapping[str, str]) -> str:
    """What all reports share that one PDF can answer: engine, type, title, data, datasets and tenant.

    Args:
        spec: the job.
        checksums: sha256 of the datasets that it names, by id.
    """
    return content_hash(
        spec.report_type, spec.title, spec.data, tenant=spec.tenant, datasets=sorted(checksums.items())
    )


def _reuse_seconds(settings: Settings) -> int:
    """No longer than completed jobs are kept, of which 0 means for ever."""
    days = min(settings.keep_completed_days or MAX_REUSE_DAYS, MAX_REUSE_DAYS)
    return max(1, int(days * 24 * 3600))


def _webhook(request: GenerateRequest, settings: Settings) -> str:
    if request.webhook is None:
        return ""
    errors = []
    try:
        check_url(request.webhook.url, settings.webhook_allowed)
    except (ValueError, AddressRefused) as error:
        errors.append(FieldError("webhook.url", str(error)))
    try:
        secret_bytes(request.webhook.secret)
    except SettingsError as error:
        errors.append(FieldError("webhook.secret", str(error)))
    if errors:
        raise ValidationFailed(errors)
    return to_json(request.webhook).decode()


def scoped_key(key: str | None, tenant: str) -> str:
    """The key as Redis remembers it: tenants do not see each other's."""
    if key is None:
        return ""
    if not _IDEMPOTENCY_KEY.fullmatch(key):
        message = "must be 1 to 200 printable ASCII characters without spaces"
        raise ValidationFailed([FieldError("header.Idempotency-Key", message)])
    # both may hold colons: without those of the tenant no two pairs look alike
    return f"{tenant.replace('%', '%25').replace(':', '%3A')}:{key}"


def meaning_of(body: Any) -> str:
    """A hash that two bodies share when they differ only in spacing or the order of keys."""
    canonical = json.dumps(body, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()
