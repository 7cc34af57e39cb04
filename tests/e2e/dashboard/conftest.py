"""A Chromium for the whole module; a dashboard, a queue and a watched tab for each test."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from shared.settings import Settings
from tests.e2e.dashboard.support import Queue, serving, watched_page
from tests.e2e.stack import Stack

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
FLAGS += ["--disable-sync", "--no-first-run"]
#: a busy machine takes its time to draw
PATIENCE_MS = 20_000


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        if os.environ.get("CI") == "true":
            pytest.fail("CI needs a Chromium for the browser tests")
        pytest.skip("no chromium on this machine")
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield launched
        launched.close()


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """All services, as `make run` starts them."""
    with Stack(tmp_path_factory.mktemp("browser") / "stack") as running:
        running.start()
        yield running
        running.stop(signal.SIGINT)


@pytest.fixture
def dashboard(settings: Settings) -> Iterator[str]:
    """The base URL of a dashboard process of this test's own."""
    with serving(settings) as url:
        yield url


@pytest.fixture
def page(browser: Browser, dashboard: str) -> Iterator[Page]:
    """A tab that fails the test on a console error or a request that leaves the host."""
    with watched_page(browser, dashboard) as tab:
        yield tab


@pytest.fixture
def queue(settings: Settings) -> Queue:
    return Queue(settings)
