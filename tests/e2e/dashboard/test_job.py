"""One job."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.dashboard.support import Queue

pytestmark = pytest.mark.browser


def test_a_running_job_is_cancelled_and_then_retried_by_click(page: Page, queue: Queue) -> None:
    job_id = queue.make("active", title="Stop me")
    page.goto(f"/jobs/{job_id}")
    page.get_by_role("button", name="Cancel", exact=True).click()
    dialog = page.get_by_role("dialog", name="Cancel this job?")
    dialog.get_by_role("button", name="Keep it running").click()
    expect(dialog).to_have_count(0)
    expect(page.locator(".pill")).to_have_text("Active")
    page.get_by_role("button", name="Cancel", exact=True).click()
    page.get_by_role("button", name="Cancel the job").click()
    expect(page.locator(".pill")).to_have_text("Cancelled")
    page.get_by_role("button", name="Retry", exact=True).click()
    expect(page.locator(".pill")).to_have_text("Waiting")
    expect(page.get_by_role("region", name="Timeline")).to_contain_text("Retried")


def test_a_failed_job_tells_why_and_is_deleted_by_click(page: Page, queue: Queue) -> None:
    job_id = queue.make("failed", title="Broken")
    page.goto(f"/jobs/{job_id}")
    expect(page.get_by_role("region", name="Error")).to_contain_text("data.rows: is missing")
    expect(page.get_by_role("region", name="Posted data")).to_contain_text('"revenue": 1')
    page.get_by_role("button", name="Delete", exact=True).click()
    page.get_by_role("button", name="Delete for good").click()
    expect(page).to_have_url("/jobs")
    expect(page.get_by_text("No jobs yet")).to_be_visible()


def test_a_completed_job_shows_its_pdf_and_downloads_the_same_bytes(page: Page, queue: Queue) -> None:
    job_id, content = queue.make_with_pdf(title="Two pages")
    page.goto(f"/jobs/{job_id}")
    expect(page.get_by_role("region", name="Result")).to_contain_text("one glyph")
    expect(page.locator("iframe")).to_have_attribute(
        "src", f"/api/jobs/{job_id}/download?inline=1#navpanes=0&view=FitH"
    )
    with page.expect_download() as download:
        page.get_by_role("link", name="Download PDF").click()
    assert download.value.path().read_bytes() == content


@pytest.mark.parametrize(("width", "name"), [(400, "nobody"), (1280, "nobody"), (1280, "%FF")])
def test_an_unknown_job_has_a_screen_that_says_so(
    browser: Browser, dashboard: str, width: int, name: str
) -> None:
    # without the `page` fixture: Chromium reports the answer 404 as a console error
    tab = browser.new_page(base_url=dashboard, viewport={"width": width, "height": 900})
    tab.goto(f"/jobs/{name}")
    expect(tab.get_by_text("There is no such job")).to_be_visible()
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
    tab.close()
