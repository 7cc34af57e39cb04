"""Which files are of no use any more."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from scheduler.orphans import is_orphan
from shared.job import Job, JobState
from shared.storage.upkeep import OldFile


def job(state: JobState, fence: int, file_name: str | None = None) -> Job:
    fields = {b"state": state.value.encode(), b"fence": str(fence).encode()}
    if file_name:
        result = {"fileName": file_name, "sha256": "0" * 64, "fileSize": 1, "pages": 1}
        fields[b"result"] = json.dumps(result).encode()
    return Job.from_record("j", fields)


FILE = OldFile(Path("test-j-f2.pdf"), "j", 2, 0)


@pytest.mark.parametrize(
    ("record", "orphan"),
    [
        (None, True),
        (job(JobState.ACTIVE, 2), False),  # it may be on its way to being published
        (job(JobState.ACTIVE, 3), True),
        (job(JobState.WAITING, 2), True),
        (job(JobState.FAILED, 2), True),
        (job(JobState.CANCELLED, 3), True),
        (job(JobState.COMPLETED, 2, "test-j-f2.pdf"), False),
        (job(JobState.COMPLETED, 3, "test-j-f3.pdf"), True),
        (job(JobState.COMPLETED, 3), False),  # nobody can tell which file it named
    ],
)
def test_a_file_is_kept_only_for_its_record_or_its_running_claim(record: Job | None, orphan: bool) -> None:
    assert is_orphan(FILE, record) is orphan
