"""The overview."""

from __future__ import annotations

import re
from typing import Any

import pytest
from arq.connections import ArqRedis
from playwright.sync_api import Page, expect

from shared.queue.leases import ClaimedJob, Leases
from tests.e2e.client import eventually
from tests.e2e.dashboard.support import Queue
from tests.factories import JobFactory

pytestmark = pytest.mark.browser


def wait_for_totals(page: Page, expected: list[int]) -> None:
    """Until the chart's table has these sums of completed, failed and cancelled jobs.

    The chart says in words what its last step has, but that may have begun after the jobs had ended.
    """
    rows = page.get_by_role("region", name="Throughput").locator("tbody tr")

    def totals() -> list[int] | None:
        cells = rows.evaluate_all(
            "rows => rows.map(row => [...row.cells].slice(1).map(cell => cell.textContent))"
        )
        found = [sum(int(text) for text in column) for column in zip(*cells, strict=True)]
        return found if found == expected else None

    eventually(totals, f"the chart to count {expected}")


def test_the_overview_counts_and_follows_the_queue(page: Page, queue: Queue) -> None:
    page.goto("/")
    expect(page.get_by_role("heading", name="No worker is running")).to_be_visible()
    expect(page.get_by_text("No jobs yet")).to_be_visible()
    queue.make("failed", title="Fails at once")
    expect(page.get_by_role("link", name="Failed 1")).to_be_visible()
    expect(page.get_by_role("link", name="Fails at once")).to_be_visible()
    page.get_by_role("link", name="Failed 1").click()
    expect(page).to_have_url("/jobs?state=failed")
    expect(page.get_by_role("link", name="Fails at once")).to_be_visible()


def test_progress_moves_without_a_reload(page: Page, queue: Queue) -> None:
    job: ClaimedJob = queue.run(lambda _, jobs: jobs.claimed(title="Big table"))

    async def progress(redis: ArqRedis, _: JobFactory) -> None:
        await Leases(redis, "w1", 60_000, poison_limit=2).progress(job, 42, "drawing the table")

    page.goto(f"/jobs/{job.id}")
    expect(page.get_by_text("0 %")).to_be_visible()
    page.evaluate("window.notReloaded = true")
    queue.run(progress)
    expect(page.get_by_text("42 % · drawing the table")).to_be_visible()
    expect(page.get_by_role("progressbar")).to_have_js_property("value", 42)
    assert page.evaluate("window.notReloaded")


def test_the_queue_is_paused_and_resumed_by_click(page: Page, queue: Queue) -> None:
    page.goto("/")
    page.get_by_role("button", name="Pause queue").click()
    page.get_by_role("button", name="Pause the queue").click()
    expect(page.get_by_text("The queue is paused").first).to_be_visible()
    page.get_by_role("button", name="Resume queue").click()
    expect(page.get_by_role("button", name="Pause queue")).to_be_visible()


def test_charts_show_what_happened_and_the_address_holds_how_far_back(page: Page, queue: Queue) -> None:
    for _ in range(3):
        queue.make("completed")
    queue.make("failed")
    page.goto("/")
    expect(page.get_by_role("region", name="Throughput")).to_contain_text(
        re.compile(r"completed \d, failed \d")
    )
    wait_for_totals(page, [3, 1, 0])
    page.get_by_role("link", name="Two days").click()
    expect(page).to_have_url("/?history=hour")
    wait_for_totals(page, [3, 1, 0])
    page.reload()
    expect(page.get_by_role("link", name="Two days")).to_have_attribute("aria-current", "true")


def test_new_jobs_come_by_the_stream_without_polling(page: Page, queue: Queue) -> None:
    page.goto("/")
    expect(page.get_by_text("Live", exact=True)).to_be_visible()
    expect(page.get_by_text("No jobs yet")).to_be_visible()
    asked: list[Any] = []
    page.on(
        "request", lambda request: asked.append(request.url) if "/api/jobs?limit" in request.url else None
    )
    page.wait_for_timeout(2500)
    assert asked == []
    queue.make("failed", title="Fresh")
    expect(page.get_by_role("link", name="Fresh")).to_be_visible(timeout=4000)
