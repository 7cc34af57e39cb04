"""The process that renders: forked from the fork server, one job after the other.

It talks to its worker over a socket and ends when it finds that closed after a job, which happens when its
worker dies in whatever way; on Linux the kernel ends it then at once, stuck or not. It has no Redis, no
secrets, and limits on memory and files.
"""

from __future__ import annotations

import contextlib
import errno
import faulthandler
import math
import resource
import signal
import socket
import sys
import time
import traceback
from collections.abc import Iterator
from pathlib import Path

from pydantic_core import to_json

from shared.datasets.model import Dataset
from shared.datasets.rows import DatasetRows
from shared.errors import PressroomError, RenderCpuExceeded, RenderOutOfMemory, StorageFailed
from shared.queue.payload import ReportOptions, read_options
from shared.reports import REPORT_TYPES
from worker.children.assignments import Assignments
from worker.children.process_control import name_process
from worker.children.protocol import (
    Answer,
    DatasetFile,
    Done,
    Failed,
    Progress,
    Revoked,
    Task,
    answer_frame,
    frame,
)
from worker.children.slices import Slices
from worker.render.engine import RenderRequest, render

#: the least time between two progress frames, in seconds
PROGRESS_INTERVAL_SECONDS = 0.1


def serve(connection: socket.socket, memory_mb: int) -> None:
    """Serves jobs until the socket closes, or until this process is worn out."""
    name_process("render-child")
    faulthandler.enable()
    _limit(memory_mb)
    connection.sendall(frame(to_json({"ready": None})))
    assignments, slices = Assignments(connection), Slices()
    with contextlib.suppress(EOFError, ConnectionError):  # the worker has ended
        while not _serve_one(connection, assignments, slices, memory_mb):
            pass


def _serve_one(connection: socket.socket, assignments: Assignments, slices: Slices, memory_mb: int) -> bool:
    """Whether this process should render nothing more."""
    job = assignments.next()
    answer: Answer = Revoked()
    if not job.revoked:
        slices.job_begins()
        answer = _Renderer(connection, job.task, slices, memory_mb).run(job.payload)
    connection.sendall(answer_frame(answer))
    return isinstance(answer, Failed) and answer.worn_out


def _limit(memory_mb: int) -> None:
    limits = {
        resource.RLIMIT_AS: memory_mb << 20,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_NOFILE: 64,
    }
    for what, value in limits.items():
        hard = resource.getrlimit(what)[1]
        limit = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(what, (limit, limit))


@contextlib.contextmanager
def _cpu_limit(seconds: float) -> Iterator[None]:
    """Ends what runs inside with RenderCpuExceeded once it has used that much processor time."""

    def exceeded(signum: int, frame: object) -> None:
        raise RenderCpuExceeded(seconds)

    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    used = time.process_time()
    signal.signal(signal.SIGXCPU, exceeded)
    resource.setrlimit(resource.RLIMIT_CPU, (math.ceil(used + seconds), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_CPU, (hard, hard))


class _Renderer:
    """Renders one job and turns whatever happens into an answer."""

    def __init__(self, connection: socket.socket, task: Task, slices: Slices, memory_mb: int) -> None:
        self._connection, self._task, self._slices, self._memory_mb = connection, task, slices, memory_mb
        self._report_type = ""
        self._last_progress = time.monotonic()

    def run(self, payload: bytes) -> Done | Failed:
        try:
            return self._render(read_options(payload), payload)
        except PressroomError as error:
            return self._failed(error)
        except MemoryError:
            return self._failed(RenderOutOfMemory(self._memory_mb), worn_out=True)
        except OSError as error:
            if error.errno == errno.ENOMEM:
                return self._failed(RenderOutOfMemory(self._memory_mb), worn_out=True)
            return self._failed(StorageFailed(error))
        except Exception as error:
            return self._failed(error, detail=traceback.format_exc(limit=-12), worn_out=True)
        except BaseException as error:
            # what native code (the JSON reader) raises when it gets no memory is no Exception
            if type(error).__name__ != "PanicException":
                raise
            return self._failed(RenderOutOfMemory(self._memory_mb), worn_out=True)

    def _render(self, options: ReportOptions, payload: bytes) -> Done:
        if options.report_type in REPORT_TYPES:
            self._report_type = options.report_type
        request = RenderRequest(
            job_id=self._task.job_id,
            report_type=options.report_type,
            title=options.title,
            data=options.data,
            created_at_ms=self._task.created_at_ms,
            max_pages=self._task.max_pages,
            max_rows=self._task.max_rows,
            max_image_pixels=self._task.max_image_pixels,
            text=payload,
            datasets={rows.dataset.id: rows for rows in map(_dataset_rows, self._task.datasets)},
        )
        began = time.perf_counter()
        with _cpu_limit(self._task.cpu_seconds):
            outcome = render(request, Path(self._task.target), self._progress)
        return Done(
            report_type=self._report_type,
            file_size=outcome.file_size,
            pages=outcome.pages,
            sha256=outcome.sha256,
            rows_received=outcome.rows_received,
            rows_rendered=outcome.rows_rendered,
            warnings=tuple(outcome.warnings),
            control_totals=outcome.control_totals,
            render_ms=round((time.perf_counter() - began) * 1000, 2),
            peak_rss_mb=_peak_rss_mb(),
        )

    def _progress(self, percent: int, stage: str) -> None:
        now = time.monotonic()
        if now - self._last_progress >= PROGRESS_INTERVAL_SECONDS:
            self._last_progress = now
            self._slices.job_lasts()
            news = Progress(max(0, min(99, int(percent))), stage[:80])
            self._connection.sendall(answer_frame(news))

    def _failed(self, error: Exception, *, detail: str = "", worn_out: bool = False) -> Failed:
        return Failed.of(error, report_type=self._report_type, detail=detail, worn_out=worn_out)


def _dataset_rows(file: DatasetFile) -> DatasetRows:
    return DatasetRows(Path(file.path), Dataset.from_json(file.record))


def _peak_rss_mb() -> float:
    highest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(highest / (1024 * 1024 if sys.platform == "darwin" else 1024), 1)
