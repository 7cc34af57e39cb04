"""The filter of a list of jobs, as a query string and as a body."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import Query, Request
from pydantic import AwareDatetime, ConfigDict, Field

from dashboard.wire import Wire
from shared.errors import FieldError, ValidationFailed
from shared.job import JobState
from shared.queue.reads import JobFilter, Sort

#: longest text that is searched for
MAX_TEXT = 200
_FILTERS = ("state", "reportType", "tenant", "workerId", "q", "from", "to")
_NAMES = frozenset({*_FILTERS, "sort", "cursor", "limit"})


class FilterBody(Wire):
    """The filter of `POST /api/jobs/bulk`; the same names and meanings as in `GET /api/jobs`."""

    model_config = ConfigDict(extra="forbid")

    state: JobState | None = None
    report_type: str | None = Field(None, max_length=64)
    tenant: str | None = Field(None, max_length=64)
    worker_id: str | None = Field(None, max_length=128)
    q: str | None = Field(None, max_length=MAX_TEXT)
    from_: AwareDatetime | None = Field(None, alias="from")
    to: AwareDatetime | None = None

    def as_filter(self) -> JobFilter:
        """The same for the queue."""
        return JobFilter(
            state=self.state,
            report_type=self.report_type or None,
            tenant=self.tenant or None,
            worker_id=self.worker_id or None,
            q=(self.q or "").strip() or None,
            from_ms=_ms(self.from_),
            to_ms=_ms(self.to),
        )


def filter_of(
    request: Request,
    state: Annotated[JobState | None, Query()] = None,
    report_type: Annotated[str | None, Query(alias="reportType", max_length=64)] = None,
    tenant: Annotated[str | None, Query(max_length=64)] = None,
    worker_id: Annotated[str | None, Query(alias="workerId", max_length=128)] = None,
    q: Annotated[
        str | None,
        Query(max_length=MAX_TEXT, description="text in id, title, the data's beginning, or why it failed"),
    ] = None,
    from_: Annotated[
        AwareDatetime | None, Query(alias="from", description="of the time that the list is sorted by")
    ] = None,
    to: Annotated[AwareDatetime | None, Query()] = None,
) -> JobFilter:
    """The filter that a query string names.

    Raises:
        ValidationFailed: it has a parameter that would have no effect.
    """
    unknown = [name for name in request.query_params if name not in _NAMES]
    if unknown:
        raise ValidationFailed([FieldError(name, "is not a parameter of this call") for name in unknown])
    body = FilterBody.model_construct(
        state=state, report_type=report_type, tenant=tenant, worker_id=worker_id, q=q, from_=from_, to=to
    )
    return body.as_filter()


def sort_for(wanted: JobFilter, asked: Sort | None) -> Sort:
    """The order of a list.

    Raises:
        ValidationFailed: a text search has one order only.
    """
    if wanted.q and asked not in (None, Sort.NEWEST):
        raise ValidationFailed([FieldError("sort", "a text search (q) is always newest first")])
    return asked or wanted.default_sort()


def _ms(moment: datetime | None) -> int | None:
    return None if moment is None else round(moment.timestamp() * 1000)
