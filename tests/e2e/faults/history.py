"""What a storm leaves behind: everything that its verdict is made from. Plain data that JSON can hold."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

#: The fates of a call. *Lost*: no answer came, so the call may have worked or not.
ACKNOWLEDGED: Final = "acknowledged"
REFUSED: Final = "refused"
LOST: Final = "lost"


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a client, and what became of it."""

    #: seconds since the storm began
    at: float
    #: `submit`, `cancel` or `retry`
    action: str
    #: the client's own name of the report; also the report's title, so that every job tells who asked for it
    ref: str
    fate: str
    #: HTTP status; 0 without an answer
    status: int = 0
    #: the job it was about, as far as the client knows
    job_id: str = ""


@dataclass(frozen=True, slots=True)
class Event:
    """One entry of the stream `report:events`."""

    id: str
    job_id: str
    event: str
    #: the job's state after it
    state: str
    #: Redis's clock, epoch milliseconds
    at_ms: int
    attempt: int
    worker_id: str
    detail: str
    #: percent; None unless the event is `progress`
    progress: int | None = None
    #: the fence that the writer named; None where the stream does not tell
    fence: int | None = None


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file on the volume after the storm."""

    name: str
    size: int
    sha256: str
    #: since it was last written
    age_seconds: float
    #: None when it does not open as a PDF
    pages: int | None


@dataclass(frozen=True, slots=True)
class Download:
    """The answer to somebody who asked for a job's PDF."""

    job_id: str
    #: `dashboard` or `worker`
    via: str
    status: int
    #: of the bytes that came with status 200, else empty
    sha256: str


@dataclass(frozen=True, slots=True)
class Limits:
    """The settings that the verdict depends on."""

    poison_limit: int = 2
    #: a file that no record names may be this old; None: this version removes none
    orphan_seconds: float | None = None


@dataclass(slots=True)
class History:
    """A whole storm."""

    seed: int = 0
    limits: Limits = field(default_factory=Limits)
    #: what each ref asked for: `{kind, key, maxAttempts}`; key: sent with an Idempotency-Key
    requests: dict[str, dict[str, Any]] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)
    #: recorded while it happened, in the stream's order
    events: list[Event] = field(default_factory=list)
    #: ids of the stream after the storm
    stream_ids: list[str] = field(default_factory=list)
    #: a job's `result`, read as soon as its completion was seen
    published: dict[str, dict[str, Any]] = field(default_factory=dict)
    #: the job documents after the storm, for every job that anybody heard of; None: unknown
    documents: dict[str, dict[str, Any] | None] = field(default_factory=dict)
    #: ids in the queue and in the indexes of unfinished states after the storm
    leftovers: dict[str, list[str]] = field(default_factory=dict)
    #: files in the folder of PDFs
    files: list[StoredFile] = field(default_factory=list)
    #: names of unfinished files → their age in seconds
    scratch: dict[str, float] = field(default_factory=dict)
    downloads: list[Download] = field(default_factory=list)
    #: files that the storm itself deleted or damaged after they were published
    destroyed: list[str] = field(default_factory=list)
    #: `{service, code}` of each service that ended though nobody had ended it
    deaths: list[dict[str, Any]] = field(default_factory=list)
    #: `{kind, at, seconds, note}` of each fault that took place
    faults: list[dict[str, Any]] = field(default_factory=list)

    def save(self, path: Path) -> None:
        """Writes it as JSON."""
        path.write_text(json.dumps(asdict(self)))


def load(path: Path) -> History:
    """Reads what `History.save` wrote."""
    raw = json.loads(path.read_text())
    kinds: Mapping[str, type] = {
        "calls": Call,
        "events": Event,
        "files": StoredFile,
        "downloads": Download,
    }
    for name, kind in kinds.items():
        raw[name] = [kind(**item) for item in raw[name]]
    raw["limits"] = Limits(**raw["limits"])
    return History(**raw)
