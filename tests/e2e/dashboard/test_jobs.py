"""The list of jobs: filters, search, pages, everything that matches, keys."""

from __future__ import annotations

import pytest
from arq.connections import ArqRedis
from playwright.sync_api import Browser, Page, expect

from tests.e2e.dashboard.support import Queue
from tests.factories import JobFactory

pytestmark = pytest.mark.browser


def test_the_list_pages_by_cursor_and_keeps_filters_in_the_address(page: Page, queue: Queue) -> None:
    async def submit_many(_: ArqRedis, jobs: JobFactory) -> None:
        for at in range(30):
            await jobs.delayed(title=f"Number {at:02}", delay_ms=3_600_000 + at * 1000)

    queue.run(submit_many)
    page.goto("/jobs?state=delayed")
    expect(page.get_by_role("link", name="Number 29")).to_be_visible()
    expect(page.locator("tbody tr")).to_have_count(25)
    page.get_by_role("link", name="Older").click()
    expect(page.locator("tbody tr")).to_have_count(5)
    page.reload()
    expect(page.get_by_role("link", name="Number 00")).to_be_visible()
    page.go_back()
    expect(page.locator("tbody tr")).to_have_count(25)
    page.get_by_role("link", name="Waiting 0").click()
    expect(page.get_by_text("No waiting jobs")).to_be_visible()


def test_text_and_tenant_filter_the_list_and_stay_in_the_address(page: Page, queue: Queue) -> None:
    queue.make("failed", title="Sales of March", tenant="north")
    queue.make("failed", title="Stock of March", tenant="north")
    queue.make("failed", title="Sales of April", tenant="south")
    page.goto("/jobs")
    expect(page.locator("tbody tr")).to_have_count(3)
    page.keyboard.press("/")
    page.keyboard.type("sales of")
    expect(page).to_have_url("/jobs?q=sales+of")
    expect(page.locator("tbody tr")).to_have_count(2)
    page.get_by_text("Filters", exact=True).click()
    page.get_by_label("Tenant").fill("north")
    page.get_by_label("Tenant").press("Enter")
    expect(page.locator("tbody tr")).to_have_count(1)
    page.reload()
    expect(page.get_by_role("link", name="Sales of March")).to_be_visible()
    expect(page.locator("tbody tr")).to_have_count(1)
    page.get_by_role("button", name="Clear filters").click()
    expect(page.locator("tbody tr")).to_have_count(3)
    page.goto("/jobs?q=nowhere")
    expect(page.get_by_text("No job matches")).to_be_visible()


def test_a_thousand_failed_jobs_are_retried_at_once_after_a_question(page: Page, queue: Queue) -> None:
    async def fail_many(_: ArqRedis, jobs: JobFactory) -> None:
        for _number in range(1000):
            await jobs.failed(tenant="north")
        await jobs.failed(tenant="south")

    queue.run(fail_many)
    page.goto("/jobs?state=failed&tenant=north")
    expect(page.get_by_text("1,000 failed jobs")).to_be_visible()
    page.get_by_role("button", name="Retry all").click()
    dialog = page.get_by_role("dialog", name="Retry 1,000 jobs?")
    dialog.get_by_role("button", name="Leave them").click()
    expect(page.get_by_text("1,000 failed jobs")).to_be_visible()
    page.get_by_role("button", name="Retry all").click()
    dialog.get_by_role("button", name="Retry 1,000 jobs").click()
    expect(page.get_by_text("1,000 jobs run again")).to_be_visible(timeout=20_000)
    expect(page.get_by_role("link", name="Waiting 1,000")).to_be_visible()
    expect(page.get_by_role("link", name="Failed 1", exact=True)).to_be_visible()


def test_the_list_is_walked_by_keys(page: Page, queue: Queue) -> None:
    for name in ("One", "Two", "Three"):
        queue.make("failed", title=name)
    page.goto("/jobs")
    expect(page.get_by_role("link", name="Three")).to_be_visible()
    page.keyboard.press("j")
    expect(page.get_by_role("link", name="Three")).to_be_focused()
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    expect(page.get_by_role("link", name="Two")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Two")).to_be_visible()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("g")
    page.keyboard.press("w")
    expect(page).to_have_url("/workers")


def test_a_filter_in_the_address_that_makes_no_sense_is_named(browser: Browser, dashboard: str) -> None:
    # without the `page` fixture: Chromium reports the answer 422 as a console error
    tab = browser.new_page(base_url=dashboard)
    faults: list[str] = []
    tab.on("pageerror", lambda error: faults.append(str(error)))
    tab.goto("/jobs?from=yesterday")
    expect(tab.get_by_text("This filter can't be used")).to_be_visible()
    assert faults == []
    tab.close()
