"""Workers, system and the API reference."""

from __future__ import annotations

import pytest
from arq.connections import ArqRedis
from playwright.sync_api import Page, expect

from shared.queue.leases import Leases
from tests.e2e.dashboard.support import Queue
from tests.factories import JobFactory

pytestmark = pytest.mark.browser


async def beat(redis: ArqRedis, _: JobFactory) -> None:
    presence = {"pid": "7", "host": "here", "port": "5002", "uptime": "61", "concurrency": "2", "running": ""}
    await Leases(redis, "w1", 60_000, poison_limit=2).heartbeat([], {**presence, "rss": "1048576"})


def test_a_worker_is_kept_from_taking_jobs_and_let_again(page: Page, queue: Queue) -> None:
    queue.run(beat)
    page.goto("/workers")
    page.get_by_role("button", name="Stop taking jobs").click()
    expect(page.get_by_text("Takes no jobs")).to_be_visible()
    page.get_by_role("button", name="Take jobs again").click()
    expect(page.get_by_text("Idle")).to_be_visible()
    page.get_by_role("link", name="Its jobs").click()
    expect(page).to_have_url("/jobs?workerId=w1")


def test_the_system_screen_shows_every_part_and_what_is_watched(page: Page, queue: Queue) -> None:
    page.goto("/system")
    expect(page.get_by_role("region", name="Redis")).to_contain_text("Valkey")
    expect(page.get_by_role("region", name="Scheduler")).to_contain_text("None is running")
    expect(page.get_by_role("region", name="Access")).to_contain_text("admin")
    alerts = page.get_by_role("region", name="Alerts")
    expect(alerts.get_by_role("listitem")).to_have_count(5)
    expect(alerts).to_contain_text("No worker is running")


def test_the_api_reference_describes_every_call_without_leaving_the_machine(page: Page) -> None:
    page.goto("/docs")
    page.locator("summary", has_text="/api/jobs/bulk").click()
    expect(page.get_by_label("Example: Body").get_by_text('"dryRun": true')).to_be_visible()
    expect(page.locator("summary", has_text="/api/events")).to_be_visible()
