"""File names of PDFs: one flat folder, no name that could leave it."""

from __future__ import annotations

import re

from shared.job import JOB_ID

_FILE_NAME = re.compile(rf"[a-z]+-(?P<job_id>{JOB_ID.pattern})-f(?P<fence>[0-9]{{1,15}})\.pdf", re.ASCII)


_SCRATCH_NAME = re.compile(
    rf"(?P<job_id>{JOB_ID.pattern})\.(?P<fence>[0-9]{{1,15}})(?:-[0-9]{{1,4}})?\.pdf", re.ASCII
)


def report_file_name(report_type: str, job_id: str, fence: int) -> str:
    """The name of the PDF that one claim of a job makes.

    The fence is part of it, so a worker that lost its lease can't overwrite its successor's file.
    """
    return f"{report_type}-{job_id}-f{fence}.pdf"


def job_id_of(file_name: str) -> str | None:
    """The job whose PDF has this name; None for a name that `report_file_name` can't have made."""
    match = _FILE_NAME.fullmatch(file_name)
    return match["job_id"] if match else None


def scratch_file_name(job_id: str, fence: int, number: int = 0) -> str:
    """The name under which one claim of a job writes its PDF before it is published.

    Args:
        job_id: the job.
        fence: of the claim.
        number: in how many render children it was given up or lost: one of them may still write its file.

    Raises:
        ValueError: the id is none that a job can have.
    """
    if not JOB_ID.fullmatch(job_id):
        raise ValueError(f"{job_id[:200]!r} can't be part of a file's name")
    return f"{job_id}.{fence}-{number}.pdf" if number else f"{job_id}.{fence}.pdf"


def claim_of(file_name: str) -> tuple[str, int] | None:
    """The job and the fence under which a file, published or not, was made; None for any other name."""
    match = _FILE_NAME.fullmatch(file_name) or _SCRATCH_NAME.fullmatch(file_name)
    return (match["job_id"], int(match["fence"])) if match else None
