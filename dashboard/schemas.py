"""The wire: every answer of the API. Fields marked *port* are the inherited ones and never change."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import ConfigDict, Field

from dashboard.bulk import BulkAction
from dashboard.query import FilterBody
from dashboard.wire import Wire
from shared.job import JobState
from shared.queue.reads import Sort, Step


class Counts(Wire):
    """Jobs by state; *port*."""

    waiting: int
    active: int
    completed: int
    failed: int
    delayed: int


class Rates(Wire):
    """What ended lately, by the queue's clock."""

    completed_last_minute: int
    failed_last_minute: int
    completed_last_hour: int
    failed_last_hour: int
    failure_ratio_last_hour: float | None = Field(
        description="failed ÷ (failed + completed) of the last hour, 0–1; null when nothing ended"
    )


class HistoryBucket(Wire):
    """What happened in one minute, hour or day."""

    at: str = Field(description="its beginning")
    submitted: int
    completed: int
    failed: int
    cancelled: int
    stalled: int = Field(description="leases that ended without word from the worker")
    retrying: int = Field(description="attempts that failed and will be repeated")
    retried: int = Field(description="jobs that were run again by hand")
    mean_total_ms: float | None = Field(description="from claimable to completed, of those completed")
    mean_run_ms: float | None = Field(description="from claimed to completed")
    p50_total_ms: float | None = Field(description="from a histogram whose buckets grow by 41 %")
    p95_total_ms: float | None
    pages: int
    file_bytes: int


class History(Wire):
    """A chart's worth of buckets, oldest first; the last one is still filling."""

    step: Step
    buckets: list[HistoryBucket]


class StorageUse(Wire):
    """Where the PDFs are."""

    report_bytes: int = Field(description="size of all published PDFs whose jobs are still there")
    disk_free_bytes: int | None
    disk_total_bytes: int | None


class AlertState(Wire):
    """One thing that is watched."""

    name: str
    firing: bool
    title: str
    detail: str
    value: float | None
    threshold: float
    unit: str
    since: str | None = Field(description="when it began; null while all is well")


class Recovery(Wire):
    """How the latest jobs of lost workers fared, from the worker's last sign of life."""

    count: int = Field(description="recoveries measured, at most the latest 500")
    reclaim_p50_ms: int | None = Field(description="to the next claim")
    reclaim_p99_ms: int | None
    complete_p50_ms: int | None = Field(description="to the stored PDF")
    complete_p99_ms: int | None


class Stats(Wire):
    """`GET /api/stats`."""

    queue: str = Field(description="*port*: name of the queue")
    counts: Counts
    total_jobs: int = Field(description="*port*: sum of `counts`; cancelled jobs are not in it")
    timestamp: int = Field(description="*port*: the queue's clock, epoch milliseconds")
    cancelled: int
    paused: bool = Field(description="no new claims are made; running jobs finish")
    rates: Rates
    oldest_waiting_seconds: float | None = Field(description="null when nothing waits")
    recovery: Recovery
    storage: StorageUse
    alerts: list[AlertState]
    history: History | None = Field(description="with ?history=minute, hour or day")


class Worker(Wire):
    """One worker that was heard of lately."""

    id: str
    pid: int
    uptime: float = Field(description="*port*: seconds")
    timestamp: int = Field(description="*port*: its last heartbeat, epoch milliseconds")
    host: str
    port: int = Field(description="of its health server")
    concurrency: int = Field(description="jobs it runs at a time")
    running: list[str] = Field(description="ids of the jobs it runs now")
    rss_bytes: int = Field(description="memory of the worker without its render children")
    paused: bool = Field(description="it takes no more jobs; what it runs goes on")


class Workers(Wire):
    """`GET /api/workers`."""

    workers: list[Worker]
    count: int
    timestamp: int = Field(description="*port*: the queue's clock, epoch milliseconds")


class CompletedJob(Wire):
    """One entry of `GET /api/jobs/completed`; *port*."""

    id: str
    name: str
    success: bool
    report_url: str | None
    file_name: str | None
    file_size: int | None = Field(description="bytes")
    processed_at: int | None = Field(description="epoch milliseconds")


class CompletedPage(Wire):
    """`GET /api/jobs/completed`; *port*, newest first."""

    jobs: list[CompletedJob]
    total: int
    page: int
    limit: int


class JobError(Wire):
    """Why a job failed."""

    type: str
    message: str
    detail: Any = None


class FailedJob(Wire):
    """One entry of `GET /api/jobs/failed`; *port*."""

    id: str
    name: str
    job_data: dict[str, Any] | None = Field(
        description="what was posted, {reportType, data, …}; null when it can't be read"
    )
    failed_reason: str | None
    finished_on: int | None = Field(description="epoch milliseconds")
    attempts: int
    error_details: JobError | None


class FailedPage(Wire):
    """`GET /api/jobs/failed`; *port*, newest first."""

    jobs: list[FailedJob]
    total: int
    page: int
    limit: int


class JobResult(Wire):
    """What a completed job made."""

    success: bool
    report_url: str
    file_name: str
    file_size: int = Field(description="bytes")
    pages: int
    sha256: str
    rows_received: int
    rows_rendered: int
    warnings: list[str]
    render_ms: float | None = None
    peak_rss_mb: float | None = None
    processed_at: int = Field(description="epoch milliseconds")


class JobSummary(Wire):
    """A job without what was posted and without its timeline."""

    id: str
    name: Literal["generate-report"]
    report_type: str
    title: str | None
    tenant: str | None
    state: JobState
    status: JobState = Field(description="*port*: the same as `state`")
    progress: int = Field(description="percent of the current attempt, 0–100")
    stage: str
    attempts: int
    max_attempts: int
    priority: int = Field(description="0 is claimed first, 9 last")
    large: bool = Field(description="it may take only some of a worker's slots")
    created_at: str = Field(description="RFC 3339, as all times that are texts")
    available_at: str | None
    started_at: str | None
    finished_at: str | None
    worker_id: str | None
    queue_position: int | None = Field(description="jobs that come before it; only in a whole document")
    eta_seconds: float | None
    result: JobResult | None
    failed_reason: str | None
    error: JobError | None
    request_id: str | None
    timestamp: int = Field(description="*port*: when it was created, epoch milliseconds")


class TimelineEntry(Wire):
    """One thing that happened to a job."""

    at: str
    event: str
    attempt: int
    worker_id: str | None
    detail: str | None


class JobDocument(JobSummary):
    """`GET /api/jobs/{jobId}`: all that is known of a job."""

    job_data: dict[str, Any] | None = Field(
        None,
        description="*port*: what was posted, {reportType, data, …}; null when it can't be read; with "
        "`omit=jobData` it is not there",
    )
    timeline: list[TimelineEntry]


class JobsPage(Wire):
    """`GET /api/jobs`. A page may hold fewer jobs than `limit` and still not be the last."""

    jobs: list[JobSummary]
    next_cursor: str | None = Field(description="null on the last page")
    total: int = Field(description="jobs that match the filter, on all pages")
    total_is_exact: bool = Field(description="false: `total` is projected from the entries looked at so far")
    sort: Sort


class BulkRequest(Wire):
    """`POST /api/jobs/bulk`: one action on every job that the filter describes."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"action": "retry", "filter": {"state": "failed"}, "dryRun": True}]},
    )

    action: BulkAction
    filter: FilterBody
    dry_run: bool = Field(False, description="only counts")
    cursor: str | None = Field(None, description="from the last answer: goes on there")


class BulkAnswer(Wire):
    """What one call did. Repeat it with `nextCursor` until that is null."""

    action: BulkAction
    dry_run: bool
    as_of: str = Field(description="the queue's clock when the call came")
    matched: int = Field(description="jobs looked at in this call")
    done: int = Field(description="jobs the action was, or in a dry run would be, carried out on")
    skipped: dict[str, int] = Field(description="jobs in a state that does not allow the action, by state")
    next_cursor: str | None


class ActionDone(Wire):
    """An action on one job was carried out."""

    success: Literal[True] = True
    id: str
    action: Literal["retry", "cancel", "remove"]
    previous_state: JobState
    state: JobState | None = Field(description="the state now; null when the job is gone")


class WorkerSwitch(Wire):
    """An action on one worker was carried out."""

    success: Literal[True] = True
    id: str
    paused: bool
    changed: bool = Field(description="false when it was so before")


class QueueSwitch(Wire):
    """An action on the queue was carried out."""

    success: Literal[True] = True
    paused: bool
    changed: bool = Field(description="false when it was so before")
