"""The dashboard in a real Chromium, against a real dashboard process and a real Redis."""

from __future__ import annotations

import asyncio
import hashlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from arq.connections import ArqRedis
from playwright.sync_api import Browser, Page, expect, sync_playwright
from reportlab.pdfgen.canvas import Canvas

from shared.launcher.embedded_redis import EmbeddedRedis
from shared.queue.commands import QueueCommands
from shared.queue.leases import Leases
from shared.redis import connect
from shared.settings import CHECKOUT, Settings
from shared.storage import LocalStorage, report_file_name
from tests.factories import RESULT, JobFactory

pytestmark = pytest.mark.browser

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
FLAGS += ["--disable-sync", "--no-first-run"]
NASTY_TITLE = "<img src=x onerror=alert(1)> & “Grüße” " + "unbreakable" * 30
START_SECONDS = 20


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        if os.environ.get("CI") == "true":
            pytest.fail("CI needs a Chromium for the browser tests")
        pytest.skip("no chromium on this machine")
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield launched
        launched.close()


@pytest.fixture
def page(browser: Browser, dashboard: str) -> Iterator[Page]:
    """A tab that fails the test on a console error or a request that leaves the host."""
    trouble: list[str] = []
    host = urlsplit(dashboard).netloc
    context = browser.new_context(base_url=dashboard, viewport={"width": 1280, "height": 900})
    tab = context.new_page()

    def note_request(url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme in ("http", "https", "ws", "wss") and parts.netloc != host:
            trouble.append(f"left the host: {url}")

    tab.on("console", lambda message: trouble.append(message.text) if message.type == "error" else None)
    tab.on("pageerror", lambda error: trouble.append(str(error)))
    tab.on("request", lambda request: note_request(request.url))
    tab.on("dialog", lambda dialog: trouble.append(f"dialog: {dialog.message}"))
    yield tab
    context.close()
    assert trouble == []


@pytest.fixture
def dashboard(settings: Settings) -> Iterator[str]:
    """The base URL of a dashboard process of this test's own."""
    with serving(settings) as url:
        yield url


class serving:  # noqa: N801 - reads as a verb where it is used
    """Runs `python -m dashboard`; it must end by itself on SIGTERM."""

    def __init__(self, settings: Settings) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        environment = {
            "PATH": os.environ["PATH"],
            "REDIS_URL": settings.redis_url,
            "PRESSROOM_DASHBOARD_PORT": str(port),
            "PRESSROOM_STORAGE_URL": settings.storage_url or "",
        }
        self._process = subprocess.Popen([sys.executable, "-m", "dashboard"], cwd=CHECKOUT, env=environment)

    def __enter__(self) -> str:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                if httpx.get(f"{self.url}/").status_code == 200:
                    return self.url
            except httpx.TransportError:
                time.sleep(0.05)
        self._process.kill()
        self._process.wait()
        pytest.fail("the dashboard did not start")

    def __exit__(self, *_: object) -> None:
        self._process.send_signal(signal.SIGTERM)
        assert self._process.wait(timeout=30) == 0


class Queue:
    """The queue from outside an event loop; each call has its own connection."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def run(self, act: Callable[[ArqRedis, JobFactory], Awaitable[Any]]) -> Any:
        async def connected() -> Any:
            redis = connect(self._settings, "test")
            leases = Leases(redis, "w1", 60_000, poison_limit=2)
            try:
                return await act(redis, JobFactory(redis, QueueCommands(redis), leases))
            finally:
                await redis.aclose()

        # playwright's own loop runs in this thread
        with ThreadPoolExecutor(1) as thread:
            return thread.submit(asyncio.run, connected()).result()

    def make(self, state: str, **changes: Any) -> str:
        made: str = self.run(lambda _, jobs: getattr(jobs, state)(**changes))
        return made

    def make_with_pdf(self, **changes: Any) -> tuple[str, bytes]:
        """A completed job with a real PDF of two pages in the storage."""

        async def act(redis: ArqRedis, jobs: JobFactory) -> tuple[str, bytes]:
            job = await jobs.claimed(**changes)
            storage = LocalStorage(self._settings.storage_path)
            storage.prepare()
            file_name = report_file_name("test", job.id, job.fence)
            content = two_pages(storage.scratch / file_name)
            await storage.publish(storage.scratch / file_name, file_name)
            facts = {"fileName": file_name, "fileSize": len(content), "pages": 2, "warnings": ["one glyph"]}
            digest = hashlib.sha256(content).hexdigest()
            leases = Leases(redis, "w1", 60_000, poison_limit=2)
            await leases.complete(job, {**RESULT, **facts, "sha256": digest})
            return job.id, content

        made: tuple[str, bytes] = self.run(act)
        return made


def two_pages(path: Path) -> bytes:
    canvas = Canvas(str(path))
    for text in ("page one", "page two"):
        canvas.drawString(100, 700, text)
        canvas.showPage()
    canvas.save()
    return path.read_bytes()


@pytest.fixture
def queue(settings: Settings) -> Queue:
    return Queue(settings)


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
    job_id = queue.make("active", title="Big table")

    async def progress(redis: ArqRedis, _: JobFactory) -> None:
        await redis.hset(f"report:job:{job_id}", mapping={"progress": "42", "stage": "drawing the table"})

    page.goto(f"/jobs/{job_id}")
    expect(page.get_by_text("0 %")).to_be_visible()
    page.evaluate("window.notReloaded = true")
    queue.run(progress)
    expect(page.get_by_text("42 % · drawing the table")).to_be_visible()
    expect(page.get_by_role("progressbar")).to_have_js_property("value", 42)
    assert page.evaluate("window.notReloaded")


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


def test_the_queue_is_paused_and_resumed_by_click(page: Page, queue: Queue) -> None:
    page.goto("/")
    page.get_by_role("button", name="Pause queue").click()
    page.get_by_role("button", name="Pause the queue").click()
    expect(page.get_by_text("The queue is paused").first).to_be_visible()
    page.get_by_role("button", name="Resume queue").click()
    expect(page.get_by_role("button", name="Pause queue")).to_be_visible()


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
    for path in ("/", "/jobs", f"/jobs/{job_id}", f"/jobs/{done}", "/workers"):
        page.goto(path)
        expect(page.locator(".skeleton")).to_have_count(0)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path


@pytest.mark.parametrize("width", [400, 1280])
def test_an_unknown_job_has_a_screen_that_says_so(browser: Browser, dashboard: str, width: int) -> None:
    # without the `page` fixture: Chromium reports the answer 404 as a console error
    tab = browser.new_page(base_url=dashboard, viewport={"width": width, "height": 900})
    tab.goto("/jobs/nobody")
    expect(tab.get_by_text("There is no such job")).to_be_visible()
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
    tab.close()


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
