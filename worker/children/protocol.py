"""What a worker and its render children say to each other over a socket pair.

A frame is a length (4 bytes, big-endian) and that many bytes. JSON frames are objects with one key. The
worker sends two frames per job, `render` and the job's payload as the queue holds it, perhaps while the child
renders the job before; as long as it has not begun it may be taken back with `revoke`. The child answers with
`ready` (once, at start), `progress` (any number), and for each job, in the order in which they came, `done`,
`failed` or `revoked`.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any, Final

from pydantic_core import to_json

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
    """A job as its child has to know it, beside the payload."""

    job_id: str
    #: printed in the report, epoch milliseconds
    created_at_ms: int
    #: the file to write; it names the job for `revoke`
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

    @classmethod
    def of(
        cls, error: Exception, *, report_type: str = "", detail: str = "", worn_out: bool = False
    ) -> Failed:
        """What an exception says, with the end of `detail`, neither of them too long to be kept."""
        name = type(error).__name__
        return cls(report_type, name, str(error)[:2000] or name, detail[-4000:], worn_out)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the job is."""

    percent: int
    stage: str


@dataclass(frozen=True, slots=True)
class Revoked:
    """The answer to a job that was taken back before it had begun."""


Answer = Done | Failed | Progress | Revoked


def render_message(task: Task, payload: bytes) -> bytes:
    """A job for the child, in two frames."""
    return frame(to_json({"render": task})) + frame(payload)


def revoke_message(target: str) -> bytes:
    """Takes back the job that was to write that file."""
    return frame(to_json({"revoke": target}))


def read_task(fields: Any) -> Task:
    """The content of a `render` frame."""
    return Task(**{**fields, "datasets": tuple(DatasetFile(**file) for file in fields["datasets"])})


def frame(content: bytes) -> bytes:
    """`content` with its length."""
    return LENGTH.pack(len(content)) + content


def take_frame(received: bytearray, most_bytes: int | None = None) -> bytes | None:
    """Takes the content of the first frame out of what was received; None: it has not come whole.

    Raises:
        ValueError: it has more than `most_bytes`.
    """
    if len(received) < LENGTH.size:
        return None
    (length,) = LENGTH.unpack_from(received)
    if most_bytes is not None and length > most_bytes:
        raise ValueError(f"a frame of {length:,} bytes")
    end = LENGTH.size + length
    if len(received) < end:
        return None
    content = bytes(memoryview(received)[LENGTH.size : end])
    del received[:end]
    return content


def answer_frame(answer: Answer) -> bytes:
    """An answer as its frame."""
    return frame(to_json({type(answer).__name__.lower(): answer}))


_ANSWERS: Final[dict[str, type[Answer]]] = {
    kind.__name__.lower(): kind for kind in (Done, Failed, Progress, Revoked)
}


def read_answer(message: Any) -> Answer:
    """A child's JSON frame as an answer.

    Raises:
        ValueError: it is none.
    """
    try:
        ((kind, fields),) = message.items()
        return _ANSWERS[kind](**fields)
    except (AttributeError, KeyError, TypeError, ValueError):
        raise ValueError("not an answer of a render child") from None
