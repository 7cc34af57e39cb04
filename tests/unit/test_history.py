from __future__ import annotations

import pytest

from shared.queue.reads.history import Step, bucket_from, quantile, starts


def test_buckets_are_aligned_and_the_last_one_is_now() -> None:
    now_ms = 1_790_000_123_456
    for step in Step:
        moments = starts(step, now_ms)
        assert len(moments) == step.shown
        assert all(moment % step.width_ms == 0 for moment in moments)
        assert moments[-1] <= now_ms < moments[-1] + step.width_ms


def test_an_empty_bucket_has_counts_and_no_times() -> None:
    bucket = bucket_from(0, {})
    assert set(bucket.counts.values()) == {0}
    assert (bucket.mean_total_ms, bucket.p95_total_ms) == (None, None)


def test_a_bucket_reads_its_sums_and_its_histogram() -> None:
    record = {
        b"completed": b"4",
        b"totalMs": b"400",
        b"runMs": b"200",
        b"t12": b"3",
        b"t20": b"1",
        b"pages": b"9",
    }
    bucket = bucket_from(0, record)
    assert (bucket.mean_total_ms, bucket.mean_run_ms, bucket.pages) == (100.0, 50.0, 9)
    assert 64 <= (bucket.p50_total_ms or 0) <= 91
    assert 1024 <= (bucket.p95_total_ms or 0) <= 1448.2


@pytest.mark.parametrize("share", [0.01, 0.5, 0.95, 1.0])
def test_a_quantile_lies_in_its_bucket(share: float) -> None:
    assert 32 <= (quantile({10: 7}, share) or 0) <= 45.3
