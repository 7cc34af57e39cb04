"""What a worker and its render children say to each other over a socket pair.

A frame is a length (4 bytes, big-endian) and that many bytes. The worker sends two frames per job: a JSON
header and the job's payload as the queue holds it. The child answers with JSON frames that have one key:
`ready` (once, at start), `progress` (any number), and at the end of a job `done` or `failed`.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any, Final

LENGTH: Final = struct.Struct(">I")

#: what a child may send in one frame, in bytes; more is a broken child
MAX_ANSWER_BYTES: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class DatasetFile:
    """A dataset as its worker found it."""

    #: of the data file
    path: str
    #: `shared.datasets.model.Dataset.to_json`
    record: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Task:
    """The header of a job."""

    job_id: str
    #: printed in the report, epoch milliseconds
    created_at_ms: int
    #: the file to write
    target: str
    max_pages: int
    max_rows: int
    #: of all pictures together
    max_image_pixels: int
    #: processor time for this job
    cpu_seconds: float
    #: the datasets that the job's data names, and the only files it may read
    datasets: tuple[DatasetFile, ...] = ()


@dataclass(frozen=True, slots=True)
class Done:
    """The answer to a job that gave a PDF."""

    report_type: str
    file_size: int
    pages: int
    sha256: str
    rows_received: int
    rows_rendered: int
    warnings: tuple[str, ...]
    control_totals: tuple[str, ...]
    render_ms: float
    #: the most memory the child ever had, in MB
    peak_rss_mb: float


@dataclass(frozen=True, slots=True)
class Failed:
    """The answer to a job that gave none."""

    #: as far as it was known
    report_type: str
    #: an error class of `shared.errors`, or the name of an unexpected exception
    type: str
    message: str
    #: more for the person who looks into it; empty for errors that explain themselves
    detail: str
    #: the child should be replaced before the next job
    worn_out: bool


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the job is."""

    percent: int
    stage: str


Answer = Done | Failed | Progress


def read_task(header: Any) -> Task:
    """A worker's header."""
    return Task(**{**header, "datasets": tuple(DatasetFile(**file) for file in header["datasets"])})


def frame(content: bytes) -> bytes:
    """`content` with its length."""
    return LENGTH.pack(len(content)) + content


def read_answer(message: Any) -> Answer:
    """A child's JSON frame as an answer.

    Raises:
        ValueError: it is none.
    """
    kinds: dict[str, type[Answer]] = {"done": Done, "failed": Failed, "progress": Progress}
    try:
        ((kind, fields),) = message.items()
        return kinds[kind](**fields)
    except (AttributeError, KeyError, TypeError, ValueError):
        raise ValueError("not an answer of a render child") from None
