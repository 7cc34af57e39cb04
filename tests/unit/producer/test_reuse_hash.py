"""Which reports one PDF can answer."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from producer.intake import MAX_REUSE_DAYS, draft_from, reuse_hash
from shared.errors import ValidationFailed
from shared.reports import identity
from shared.settings import Settings
from tests.factories import spec

SALES: dict[str, Any] = {"reportType": "sales", "data": {"period": "2025-Q4", "revenue": 1250000}}
DATASETS = {"0" * 32: "a" * 64, "1" * 32: "b" * 64}
DAY_SECONDS = 24 * 3600


def test_it_does_not_depend_on_when_or_how_a_job_is_run() -> None:
    plain = spec()
    other = replace(
        plain,
        job_id="another",
        priority=0,
        delay_ms=5,
        run_at_ms=7,
        max_attempts=1,
        timeout_seconds=1.0,
        request_id="r",
        idempotency_key="k",
        body_hash="h",
        reuse_seconds=9,
    )
    assert reuse_hash(plain, DATASETS) == reuse_hash(other, dict(reversed(DATASETS.items())))


@pytest.mark.parametrize(
    "changes",
    [
        {"tenant": "t"},
        {"title": "T"},
        {"title": ""},
        {"report_type": "sales"},
        {"data": {"period": "Q1", "revenue": 2}},
        {"data": {"period": "Q1", "revenue": "1"}},
        {"data": {"period": "Q1", "revenue": 1.0}},
        {"data": {"period": "Q1", "revenue": 1, "note": None}},
        {"data": {"period": "Q1", "revenue": 1, "output": {"encryption": {"ownerPassword": "x"}}}},
    ],
)
def test_other_content_or_another_tenant_is_another_hash(changes: dict[str, Any]) -> None:
    assert reuse_hash(spec(**changes), {}) != reuse_hash(spec(), {})


def test_tenant_and_title_can_not_be_shifted_into_each_other() -> None:
    assert reuse_hash(spec(tenant="ab", title="c"), {}) != reuse_hash(spec(tenant="a", title="bc"), {})


def test_a_dataset_with_other_bytes_is_another_hash() -> None:
    changed = {**DATASETS, "1" * 32: "c" * 64}
    assert len({reuse_hash(spec(), found) for found in (DATASETS, changed, {})}) == 3


def test_another_engine_version_is_another_hash(monkeypatch: pytest.MonkeyPatch) -> None:
    before = reuse_hash(spec(), {})
    monkeypatch.setattr(identity, "ENGINE_VERSION", "next")
    assert reuse_hash(spec(), {}) != before


def test_it_shows_nothing_of_the_content() -> None:
    secret = "a-password-of-a-pdf"
    found = reuse_hash(spec(data={"output": {"encryption": {"ownerPassword": secret}}}), {})
    assert len(found) == 64
    assert set(found) <= set("0123456789abcdef")


@pytest.mark.parametrize(
    ("days", "seconds"),
    [
        (30.0, 30 * DAY_SECONDS),
        (0.0, MAX_REUSE_DAYS * DAY_SECONDS),
        (36_500.0, MAX_REUSE_DAYS * DAY_SECONDS),
        (0.000001, 1),
    ],
)
def test_a_pdf_is_offered_no_longer_than_completed_jobs_are_kept(days: float, seconds: int) -> None:
    settings = Settings(keep_completed_days=days)
    draft = draft_from({**SALES, "reuse": True}, settings, request_id="")
    assert draft.spec.reuse_seconds == seconds


@pytest.mark.parametrize("body", [SALES, {**SALES, "reuse": False}])
def test_it_is_off_unless_asked_for(body: dict[str, Any]) -> None:
    assert draft_from(body, Settings(), request_id="").spec.reuse_seconds == 0


@pytest.mark.parametrize("value", ["true", 1, None, {}])
def test_what_is_not_true_or_false_is_refused_by_name(value: Any) -> None:
    with pytest.raises(ValidationFailed) as caught:
        draft_from({**SALES, "reuse": value}, Settings(), request_id="")
    assert [error.path for error in caught.value.errors] == ["reuse"]
