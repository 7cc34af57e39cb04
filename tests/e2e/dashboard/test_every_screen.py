"""What holds for every screen: hostile text, width, both schemes, accessibility, Redis going away."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from shared.launcher.embedded_redis import EmbeddedRedis
from shared.settings import Settings
from tests.e2e.dashboard.support import NASTY_TITLE, Queue, serving, violations

pytestmark = pytest.mark.browser


def test_hostile_text_is_shown_as_text(page: Page, queue: Queue) -> None:
    job_id = queue.make("failed", title=NASTY_TITLE)
    for path in ("/", "/jobs", f"/jobs/{job_id}"):
        page.goto(path)
        expect(page.get_by_text("<img src=x onerror=alert(1)>").first).to_be_visible()
        assert page.locator("main img").count() == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [400, 1280, 2560])
def test_no_screen_scrolls_sideways(page: Page, queue: Queue, width: int, scheme: Any) -> None:
    job_id = queue.make("failed", title=NASTY_TITLE)
    done, _ = queue.make_with_pdf(title=NASTY_TITLE)
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 900})
    for path in ("/", "/jobs", f"/jobs/{job_id}", f"/jobs/{done}", "/workers", "/system", "/docs", "/login"):
        page.goto(path)
        expect(page.locator("h1")).to_be_visible()
        expect(page.locator(".skeleton")).to_have_count(0)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_any_screen(page: Page, queue: Queue, scheme: Any) -> None:
    failed = queue.make("failed", title="Broken")
    done, _ = queue.make_with_pdf(title="Two pages")
    queue.make("active", title="Running")
    page.emulate_media(color_scheme=scheme)
    for path in ("/", "/jobs", f"/jobs/{failed}", f"/jobs/{done}", "/workers", "/system", "/docs", "/login"):
        page.goto(path)
        expect(page.locator("h1")).to_be_visible()  # the page is drawn
        expect(page.locator(".skeleton")).to_have_count(0)
        assert violations(page) == [], path


def test_redis_going_away_and_coming_back_is_shown(
    browser: Browser, settings: Settings, tmp_path: Path
) -> None:
    server = EmbeddedRedis(tmp_path / "own-redis", append_only=True)
    server.start()
    own = settings.model_copy(update={"redis_url": server.url})
    job_id = Queue(own).make("failed", title="Still here")
    with serving(own) as url:
        tab = browser.new_page(base_url=url)
        tab.goto("/jobs")
        expect(tab.get_by_role("link", name="Still here")).to_be_visible()
        server.stop()
        expect(tab.get_by_role("alert")).to_contain_text("Redis can't be reached")
        expect(tab.get_by_role("link", name="Still here")).to_be_visible()
        tab.goto(f"/jobs/{job_id}")
        expect(tab.get_by_text("Redis can't be reached").first).to_be_visible()
        server.start()
        expect(tab.get_by_role("alert")).to_be_hidden(timeout=15_000)
        expect(tab.get_by_role("heading", name="Still here")).to_be_visible(timeout=15_000)
        tab.close()
    server.stop()
