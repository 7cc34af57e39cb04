"""What somebody did to a record by hand hides that field, not the job or the list that it is in."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.job import Job, JobState
from shared.queue.reads.documents import summary

FIELDS = (
    *("reportType", "title", "tenant", "progress", "stage", "attempts", "maxAttempts", "priority"),
    *("timeoutSeconds", "createdAt", "availableAt", "startedAt", "finishedAt", "workerId", "fence", "stalls"),
    *("result", "failedReason", "error", "requestId", "large"),
)
NUMBERS = st.sampled_from([b"x", b"nan", b"inf", b"-1e300", b"1e300", b"1e9999", b"-5", b"0x10", b"1_0"])
DOCUMENTS = st.sampled_from([b"{", b"[]", b"5", b'"x"', b"null", b"{}", b'{"fileName": 5}'])


@given(
    st.sampled_from([*JobState]),
    st.dictionaries(st.sampled_from(FIELDS), st.one_of(st.binary(max_size=20), NUMBERS, DOCUMENTS)),
)
def test_a_damaged_record_can_be_shown(state: JobState, fields: dict[str, bytes]) -> None:
    record = {name.encode(): value for name, value in fields.items()}
    job = Job.from_record("j", {**record, b"state": state.value.encode()})
    shown = summary(job, 1_795_561_333_518)
    assert shown["state"] == state.value
    json.dumps(shown, allow_nan=False)


@pytest.mark.parametrize("record", [{}, {b"reportType": b"sales"}, {b"state": b"x"}, {b"state": b"\xff"}])
def test_what_tells_no_state_is_no_record(record: dict[bytes, bytes]) -> None:
    with pytest.raises(ValueError, match="JobState"):
        Job.from_record("j", record)
