from __future__ import annotations

import httpx
import pytest

from shared.job import JobState
from tests.unit.dashboard.fakes import FakeQueue, failed_job, make_job


async def test_a_dry_run_counts_and_changes_nothing(client: httpx.AsyncClient, queue: FakeQueue) -> None:
    queue.add(*(failed_job(f"bad-{at}") for at in range(250)), make_job("run-1", JobState.ACTIVE))
    body = {"action": "retry", "filter": {}, "dryRun": True}
    answer = (await client.post("/api/jobs/bulk", json=body)).json()
    assert answer == {
        "action": "retry",
        "dryRun": True,
        "asOf": "2026-09-21T14:13:20.000Z",
        "matched": 251,
        "done": 250,
        "skipped": {"active": 1},
        "nextCursor": None,
    }
    assert queue.by is None


async def test_the_action_is_carried_out_on_every_page(client: httpx.AsyncClient, queue: FakeQueue) -> None:
    queue.add(*(failed_job(f"bad-{at}") for at in range(250)), make_job("run-1", JobState.ACTIVE))
    answer = (await client.post("/api/jobs/bulk", json={"action": "retry", "filter": {}})).json()
    assert (answer["matched"], answer["done"], answer["skipped"]) == (251, 250, {"active": 1})
    assert queue.by == "dashboard"


async def test_a_call_that_runs_out_of_time_is_gone_on_with_by_its_cursor(
    client: httpx.AsyncClient, queue: FakeQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dashboard.bulk.BUDGET_SECONDS", 0.0)
    queue.add(*(failed_job(f"bad-{at}") for at in range(250)))
    body = {"action": "cancel", "filter": {"state": "failed"}}
    matched, cursor, calls = 0, None, 0
    while calls == 0 or cursor:
        answer = (
            await client.post("/api/jobs/bulk", json=body | ({"cursor": cursor} if cursor else {}))
        ).json()
        matched, cursor, calls = matched + answer["matched"], answer["nextCursor"], calls + 1
    assert (matched, calls) == (250, 3)


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"filter": {}}, "action"),
        ({"action": "explode", "filter": {}}, "action"),
        ({"action": "retry"}, "filter"),
        ({"action": "retry", "filter": {"stat": "failed"}}, "stat"),
        ({"action": "retry", "filter": {"from": "2026-01-01"}}, "from"),
        ({"action": "retry", "filter": {}, "cursor": "x"}, "cursor"),
    ],
)
async def test_a_request_that_makes_no_sense_is_refused_by_name(
    client: httpx.AsyncClient, body: dict[str, object], path: str
) -> None:
    response = await client.post("/api/jobs/bulk", json=body)
    assert response.status_code == 422
    assert path in response.json()["errors"][0]["path"]
