"""Signing in, and what a viewer can't do."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from shared.settings import Settings
from tests.e2e.dashboard.support import Queue, serving, watched_page

pytestmark = pytest.mark.browser


WRITE = "async path => (await fetch(path, {method: 'POST', headers: {'X-Pressroom-Request': '1'}})).status"
KEYS = "ann:viewer:view-key,bob:operator:work-key"


@pytest.fixture
def guarded(settings: Settings) -> Iterator[str]:
    with serving(settings, PRESSROOM_API_KEYS=KEYS) as url:
        yield url


def sign_in(page: Page, key: str) -> None:
    page.get_by_label("API key").fill(key)
    page.get_by_role("button", name="Sign in").click()


def test_a_viewer_signs_in_reads_and_can_not_act(browser: Browser, guarded: str, queue: Queue) -> None:
    job_id = queue.make("failed", title="Broken")
    # Chromium reports the refused key and the refused write as console errors
    with watched_page(browser, guarded, allowed="the server responded with a status of 40") as page:
        page.goto(f"/jobs/{job_id}")
        expect(page).to_have_url(f"/login?next=%2Fjobs%2F{job_id}")
        sign_in(page, "wrong-key")
        expect(page.get_by_role("alert")).to_contain_text("This key is not known")
        sign_in(page, "view-key")
        expect(page.get_by_role("heading", name="Broken")).to_be_visible()
        expect(page.get_by_role("button", name="Retry", exact=True)).to_have_count(0)
        expect(page.get_by_role("button", name="Delete", exact=True)).to_have_count(0)
        expect(page.get_by_role("button", name="Pause queue")).to_be_hidden()
        refused = page.evaluate(
            WRITE,
            f"/api/jobs/{job_id}/retry",
        )
        assert refused == 403
        assert page.evaluate("document.cookie") == ""
        page.goto("/system")
        expect(page.get_by_role("region", name="Access")).to_contain_text("ann")
        page.get_by_role("button", name="Sign out").click()
        expect(page.get_by_label("API key")).to_be_visible()


def test_an_operator_acts_under_their_name(browser: Browser, guarded: str, queue: Queue) -> None:
    job_id = queue.make("failed", title="Broken")
    with watched_page(browser, guarded) as page:
        for elsewhere in (
            "//elsewhere.example/",
            "/%09/elsewhere.example/",
            "/%5Celsewhere.example/",
            "http:///",
        ):
            page.goto(f"/login?next={elsewhere}")
            sign_in(page, "work-key")
            expect(page.get_by_role("heading", name="Recent jobs")).to_be_visible()
            expect(page).to_have_url(f"{guarded}/")
        page.goto(f"/jobs/{job_id}")
        expect(page.get_by_role("button", name="Delete", exact=True)).to_have_count(0)
        page.get_by_role("button", name="Retry", exact=True).click()
        expect(page.get_by_role("region", name="Timeline")).to_contain_text("bob")
