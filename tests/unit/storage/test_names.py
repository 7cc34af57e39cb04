"""Names of files are made of ids that can't lead out of their folder."""

from __future__ import annotations

import pytest

from shared.storage.names import claim_of, scratch_file_name


@pytest.mark.parametrize("job_id", ["a", "4f0c-1", "A.b_c:d~e", "x" * 128])
def test_the_claim_can_be_read_from_a_scratch_file(job_id: str) -> None:
    assert claim_of(scratch_file_name(job_id, 3)) == (job_id, 3)
    assert claim_of(scratch_file_name(job_id, 3, 2)) == (job_id, 3)


@pytest.mark.parametrize("job_id", ["", ".", "../a", "a/b", ".a", "x" * 129, "a\n", "a b", "ä"])
def test_an_id_that_could_lead_elsewhere_makes_no_name(job_id: str) -> None:
    with pytest.raises(ValueError, match="can't be part"):
        scratch_file_name(job_id, 1)
