"""The real stack in the browser: submit by form, watch, preview, download, fail, retry, cancel."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.dashboard.support import violations, watched_page
from tests.e2e.stack import Stack

pytestmark = pytest.mark.browser


LONG: dict[str, Any] = {
    "reportType": "table",
    "title": "Long table",
    # shaping Hebrew keeps the renderer busy for seconds; plain words would not
    "data": {"rows": [{"n": number, "text": f"שלום {number}"} for number in range(40_000)]},
}


@pytest.fixture
def page(browser: Browser, stack: Stack) -> Iterator[Page]:
    with watched_page(browser, f"http://127.0.0.1:{stack.dashboard_port}") as tab:
        yield tab


def test_a_report_is_made_by_form_and_its_pdf_is_the_stored_one(page: Page, stack: Stack) -> None:
    page.goto("/new?type=sales")
    page.get_by_label("Title").fill("Made by form")
    assert violations(page) == []
    page.get_by_role("button", name="Make the report").click()
    expect(page.get_by_role("heading", name="Made by form")).to_be_visible()
    expect(page.locator(".pill")).to_have_text("Completed", timeout=20_000)
    expect(page.locator("iframe")).to_have_attribute("src", re.compile("inline=1"))
    with page.expect_download() as download:
        page.get_by_role("link", name="Download PDF").click()
    job_id = page.url.rsplit("/", 1)[1]
    stored = Path(stack.folder / "uploads" / download.value.suggested_filename).read_bytes()
    assert download.value.path().read_bytes() == stored
    assert stack.get(stack.dashboard_port, f"/api/jobs/{job_id}/download").content == stored


def test_a_form_with_a_mistake_says_where_it_is(browser: Browser, stack: Stack) -> None:
    url = f"http://127.0.0.1:{stack.dashboard_port}"
    # Chromium reports the answer 422 as a console error
    with watched_page(browser, url, allowed="status of 422") as page:
        page.goto("/new?type=sales")
        page.get_by_role("textbox", name=re.compile("^Revenue needed")).fill("a lot")
        page.get_by_role("button", name="Make the report").click()
        expect(page.get_by_role("alert")).to_contain_text("data.revenue")
        page.get_by_role("textbox", name=re.compile("^Revenue needed")).fill("12.5")
        page.get_by_role("button", name="Make the report").click()
        expect(page.locator(".pill")).to_be_visible()


def test_a_failed_report_says_why_runs_again_and_is_cancelled(page: Page, stack: Stack) -> None:
    job_id = stack.submit({**LONG, "title": "Too long", "timeoutSeconds": 1, "maxAttempts": 1})
    page.goto(f"/jobs/{job_id}")
    expect(page.get_by_role("region", name="Error")).to_contain_text("longer than 1 s", timeout=30_000)
    page.get_by_role("button", name="Retry", exact=True).click()
    expect(page.get_by_role("region", name="Timeline")).to_contain_text("Retried")


def test_running_and_waiting_reports_are_cancelled_from_the_list(page: Page, stack: Stack) -> None:
    for number in range(12):
        stack.submit({**LONG, "title": f"Cancel me {number}", "tenant": "cancelled"})
    page.goto("/jobs?tenant=cancelled")
    expect(page.locator("tbody tr")).to_have_count(12)
    page.get_by_role("button", name="Cancel all").click()
    page.get_by_role("dialog").get_by_role("button", name="Cancel ").click()
    expect(page.locator(".pill", has_text="Cancelled").first).to_be_visible(timeout=20_000)


def test_both_apis_are_described(page: Page) -> None:
    page.goto("/docs?api=producer")
    page.locator("summary", has_text="/api/v1/reports/generate").click()
    expect(page.get_by_role("heading", name="Body")).to_be_visible()
