"""A dashboard process of a test's own, a queue to fill from outside an event loop, a tab that is watched."""

from __future__ import annotations

import asyncio
import hashlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from arq.connections import ArqRedis
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, Page
from reportlab.pdfgen.canvas import Canvas

from shared.queue.commands import QueueCommands
from shared.queue.leases import Leases
from shared.redis import connect
from shared.settings import CHECKOUT, Settings
from shared.storage import LocalStorage, report_file_name
from tests.factories import RESULT, JobFactory

NASTY_TITLE = "<img src=x onerror=alert(1)> & “Grüße” " + "unbreakable" * 30
START_SECONDS = 60
AXE_OPTIONS = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


@contextmanager
def watched_page(browser: Browser, url: str, allowed: str = "", **context_options: Any) -> Iterator[Page]:
    """A tab that fails the test on a console error or a request that leaves the host.

    `allowed` is a part of console errors that the test provokes: Chromium reports refused requests there.
    """
    trouble: list[str] = []
    host = urlsplit(url).netloc
    options = {"viewport": {"width": 1280, "height": 900}, **context_options}
    context = browser.new_context(base_url=url, **options)
    tab = context.new_page()

    def note_request(address: str) -> None:
        parts = urlsplit(address)
        if parts.scheme in ("http", "https", "ws", "wss") and parts.netloc != host:
            trouble.append(f"left the host: {address}")

    def note_message(kind: str, text: str) -> None:
        if kind == "error" and not (allowed and allowed in text):
            trouble.append(text)

    tab.on("console", lambda message: note_message(message.type, message.text))
    tab.on("pageerror", lambda error: trouble.append(str(error)))
    tab.on("request", lambda request: note_request(request.url))
    tab.on("dialog", lambda dialog: trouble.append(f"dialog: {dialog.message}"))
    yield tab
    context.close()
    assert trouble == []


def violations(page: Page) -> list[str]:
    """What axe-core finds wrong with the page as it is; the page's policy does not bind the debugger."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    found = page.evaluate("options => axe.run(document, options)", AXE_OPTIONS)
    return [
        f"{one['id']}: {node['target']} {node['failureSummary']}"
        for one in found["violations"]
        for node in one["nodes"]
    ]


class serving:  # noqa: N801 - reads as a verb where it is used
    """Runs `python -m dashboard`; it must end by itself on SIGTERM."""

    def __init__(self, settings: Settings, **env: str) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        environment = {
            "PATH": os.environ["PATH"],
            "REDIS_URL": settings.redis_url,
            "PRESSROOM_DASHBOARD_PORT": str(port),
            "PRESSROOM_STORAGE_URL": settings.storage_url or "",
            **env,
        }
        self._process = subprocess.Popen([sys.executable, "-m", "dashboard"], cwd=CHECKOUT, env=environment)

    def __enter__(self) -> str:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                if httpx.get(f"{self.url}/login").status_code == 200:
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
