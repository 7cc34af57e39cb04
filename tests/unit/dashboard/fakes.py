"""A queue and a storage in memory, with the methods that the dashboard calls."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from shared.errors import IllegalTransition, JobNotFound, QueueUnavailable
from shared.job import Action, Job, JobState, may
from shared.queue.commands import Removed
from shared.queue.reads import Bucket, JobFilter, Position, Selection, Snapshot, Sort, Step, WorkerInfo
from shared.queue.reads.history import bucket_from, starts

NOW_MS = 1_790_000_000_000


def make_job(job_id: str = "job-1", state: JobState = JobState.WAITING, **changes: Any) -> Job:
    """A job in `state`, with what its state implies."""
    fields: dict[str, Any] = {
        "id": job_id,
        "report_type": "sales",
        "title": "Sales",
        "tenant": "",
        "state": state,
        "progress": 0,
        "stage": "",
        "attempts": 0,
        "max_attempts": 3,
        "priority": 5,
        "timeout_seconds": 300.0,
        "created_at_ms": NOW_MS - 5000,
        "available_at_ms": NOW_MS - 5000,
        "started_at_ms": None,
        "finished_at_ms": None,
        "worker_id": None,
        "fence": 0,
        "stalls": 0,
        "result": None,
        "failed_reason": None,
        "error": None,
        "request_id": "req-1",
    }
    return Job(**{**fields, **changes})


def completed_job(job_id: str = "done-1", pdf: bytes = b"%PDF-1.4 fake") -> Job:
    """A job whose PDF is `pdf`."""
    file_name = f"sales-{job_id}-f1.pdf"
    result = {
        "success": True,
        "reportUrl": f"/uploads/{file_name}",
        "fileName": file_name,
        "fileSize": len(pdf),
        "pages": 1,
        "sha256": hashlib.sha256(pdf).hexdigest(),
        "rowsReceived": 2,
        "rowsRendered": 2,
        "warnings": [],
        "renderMs": 12.5,
        "peakRssMb": 40.0,
        "processedAt": NOW_MS,
    }
    return make_job(
        job_id, JobState.COMPLETED, result=result, finished_at_ms=NOW_MS, attempts=1, progress=100
    )


def failed_job(job_id: str = "bad-1") -> Job:
    """A job that used its attempts up."""
    error = {"type": "RenderTimeout", "message": "took too long", "detail": "300 s"}
    return make_job(
        job_id,
        JobState.FAILED,
        failed_reason="took too long",
        error=error,
        finished_at_ms=NOW_MS,
        attempts=3,
    )


@dataclass
class FakeQueue:
    """Stands for both QueueReads and QueueCommands."""

    jobs: dict[str, Job] = field(default_factory=dict)
    posted: dict[str, dict[str, Any]] = field(default_factory=dict)
    crew: list[WorkerInfo] = field(default_factory=list)
    recovered: tuple[list[int], list[int]] = ([], [])
    paused: bool = False
    down: bool = False
    #: the offset and limit of the last page that was asked for
    asked: tuple[int, int] | None = None
    #: the filter and order of the last list that was asked for
    wanted: tuple[JobFilter, Sort] | None = None
    #: workers that take no more jobs
    resting: set[str] = field(default_factory=set)
    audited: list[tuple[str, str, str]] = field(default_factory=list)
    firing_since: dict[str, int] = field(default_factory=dict)
    #: who asked for the last action
    by: str | None = None

    def add(self, *jobs: Job) -> None:
        for job in jobs:
            self.jobs[job.id] = job

    def _check(self) -> None:
        if self.down:
            raise QueueUnavailable("Redis can't be used now")

    async def now_ms(self) -> int:
        self._check()
        return NOW_MS

    async def counts(self) -> dict[JobState, int]:
        self._check()
        return {state: len(self._in(state)) for state in JobState}

    async def snapshot(self) -> Snapshot:
        waiting = self._in(JobState.WAITING)
        completed, failed = len(self._in(JobState.COMPLETED)), len(self._in(JobState.FAILED))
        oldest_ms = NOW_MS - min(job.available_at_ms for job in waiting) if waiting else None
        return Snapshot(
            now_ms=NOW_MS,
            counts=await self.counts(),
            oldest_waiting_ms=oldest_ms,
            paused=self.paused,
            completed_last_minute=completed,
            completed_last_hour=completed,
            failed_last_minute=failed,
            failed_last_hour=failed,
            stalled_last_hour=0,
            workers=len(self.crew),
            published_bytes=4096,
        )

    async def recoveries(self) -> tuple[list[int], list[int]]:
        return self.recovered

    async def workers(self) -> list[WorkerInfo]:
        self._check()
        return self.crew

    async def is_paused(self) -> bool:
        return self.paused

    async def job(self, job_id: str) -> Job | None:
        self._check()
        return self.jobs.get(job_id)

    async def document(self, job_id: str) -> dict[str, Any] | None:
        self._check()
        job = self.jobs.get(job_id)
        return job and {"id": job.id, "state": job.state.value, "jobData": self.posted.get(job_id)}

    async def select(self, wanted: JobFilter, sort: Sort, after: Position | None, limit: int) -> Selection:
        self.wanted = wanted, sort
        offset = int(after.at) if after else 0
        jobs, total = self._page(wanted.state, offset, limit)
        summaries = [{"id": job.id, "state": job.state.value, "startedAt": job.stage} for job in jobs]
        following = Position(str(offset + limit), "0") if offset + limit < total else None
        return Selection(summaries, following, total, total_is_exact=True)

    async def ids(
        self, wanted: JobFilter, sort: Sort, after: Position | None, limit: int
    ) -> tuple[list[str], Position | None]:
        page = await self.select(wanted, sort, after, limit)
        return [job["id"] for job in page.jobs], page.following

    async def history(self, step: Step) -> list[Bucket]:
        return [bucket_from(start, {}) for start in starts(step, NOW_MS)]

    async def since(self) -> dict[str, int]:
        return self.firing_since

    async def page(self, state: JobState, offset: int, limit: int) -> tuple[list[Job], int]:
        return self._page(state, offset, limit)

    async def job_data(self, job_ids: list[str]) -> list[dict[str, Any] | None]:
        return [self.posted.get(job_id) for job_id in job_ids]

    async def cancel(self, job_id: str, by: str = "") -> JobState:
        self.by = by
        return self._act(job_id, Action.CANCEL, "cancelled")

    async def retry(self, job_id: str, by: str = "") -> JobState:
        self.by = by
        return self._act(job_id, Action.RETRY, "retried")

    async def remove(self, job_id: str, by: str = "") -> Removed:
        state = self._act(job_id, Action.REMOVE, "removed")
        result = self.jobs.pop(job_id).result
        return Removed(state, result["fileName"] if result else None)

    async def audit(self, action: str, by: str, detail: str) -> None:
        self.audited.append((action, by, detail))

    async def pause(self, by: str = "") -> bool:
        return self._switch(True)

    async def resume(self, by: str = "") -> bool:
        return self._switch(False)

    async def pause_worker(self, worker_id: str, by: str = "") -> bool:
        changed = worker_id not in self.resting
        self.resting.add(worker_id)
        return changed

    async def resume_worker(self, worker_id: str, by: str = "") -> bool:
        changed = worker_id in self.resting
        self.resting.discard(worker_id)
        return changed

    def _switch(self, paused: bool) -> bool:
        self._check()
        changed, self.paused = self.paused is not paused, paused
        return changed

    def _act(self, job_id: str, action: Action, word: str) -> JobState:
        self._check()
        if job_id not in self.jobs:
            raise JobNotFound(job_id)
        state = self.jobs[job_id].state
        if not may(state, action):
            raise IllegalTransition(job_id, state.value, word)
        return state

    def _in(self, state: JobState | None) -> list[Job]:
        return [job for job in self.jobs.values() if state in (None, job.state)]

    def _page(self, state: JobState | None, offset: int, limit: int) -> tuple[list[Job], int]:
        self._check()
        self.asked = (offset, limit)
        jobs = self._in(state)[::-1]
        return jobs[offset : offset + limit], len(jobs)


def write_pdf(folder: Path, job: Job, content: bytes) -> Path:
    """Puts the file that a job's record names into a storage folder."""
    assert job.result is not None
    path = folder / job.result["fileName"]
    path.write_bytes(content)
    return path
