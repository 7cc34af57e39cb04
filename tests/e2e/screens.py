"""Pictures of every screen with real data: `python -m tests.e2e.screens [FOLDER]`.

Starts the stack of `make run` on free ports, submits reports of every type, lets some fail, wait and run, and
takes each screen in light and dark, wide and narrow.
"""

from __future__ import annotations

import shutil
import signal
import sys
import tempfile
from itertools import product
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Browser, expect, sync_playwright

from shared.reports import REPORT_TYPES
from shared.settings import CHECKOUT
from tests.e2e.client import eventually
from tests.e2e.stack import Stack

WIDTHS = {"wide": (1440, 900), "narrow": (400, 800)}
SCHEMES = ("light", "dark")
COLOURS = 128
#: the PDF viewer and the live figures need a moment
SETTLE_MS = 700
PATIENCE_MS = 60_000
LONG_TABLE: dict[str, Any] = {
    "reportType": "table",
    "title": "Every movement of the year",
    "data": {"rows": [{"article": f"A-{n:06}", "moved": n % 97, "left": n % 1009} for n in range(60_000)]},
}
LATER: dict[str, Any] = {
    "reportType": "sales",
    "title": "Tomorrow’s figures",
    "tenant": "retail",
    "delayMs": 3_600_000,
}
TENANTS = ("north", "south", "retail")


def main() -> None:
    """Takes the pictures."""
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else CHECKOUT / "docs" / "screens"
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="pressroom-screens-") as folder, sync_playwright() as playwright:
        expect.set_options(timeout=PATIENCE_MS)
        chromium = shutil.which("chromium") or shutil.which("google-chrome")
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        with Stack(Path(folder) / "stack", PRESSROOM_WORKER_CONCURRENCY="1") as stack:
            stack.start()
            screens = _fill(stack)
            _take(browser, f"http://127.0.0.1:{stack.dashboard_port}", screens, target)
            stack.stop(signal.SIGINT)
        browser.close()


def _fill(stack: Stack) -> dict[str, str]:
    """Makes jobs in every state; the screens' paths by name."""
    done = ""
    for number in range(36):
        kind = list(REPORT_TYPES.values())[number % len(REPORT_TYPES)]
        body = {
            "reportType": kind.name,
            "title": f"{kind.title}, week {20 + number}",
            "tenant": TENANTS[number % 3],
            "data": kind.example,
        }
        done = stack.submit(body) if kind.name != "sales" or not done else stack.submit(body) and done
    for _ in range(3):
        stack.submit({**LONG_TABLE, "timeoutSeconds": 1, "maxAttempts": 1, "title": "Took too long"})
    stack.submit({**LATER, "data": REPORT_TYPES["sales"].example})

    def settled() -> bool:
        counts = stack.get(stack.dashboard_port, "/api/stats").json()["counts"]
        return bool(counts["waiting"] + counts["active"] == 0)

    eventually(settled, "the jobs are done", seconds=300)
    completed = stack.get(stack.dashboard_port, "/api/jobs/completed?limit=50").json()["jobs"]
    failed = stack.get(stack.dashboard_port, "/api/jobs/failed").json()["jobs"]
    for _ in range(6):
        stack.submit(LONG_TABLE)
    screens = {
        "overview": "/",
        "jobs": "/jobs",
        "search": "/jobs?q=week 2&tenant=north",
        "job": f"/jobs/{next(job['id'] for job in completed if 'sales' in job['fileName'])}",
        "workers": "/workers",
        "new": "/new?type=sales",
        "system": "/system",
        "docs": "/docs",
        "login": "/login",
    }
    return screens | ({"failed-job": f"/jobs/{failed[0]['id']}"} if failed else {})


def _take(browser: Browser, url: str, screens: dict[str, str], target: Path) -> None:
    for scheme, (size, (width, height)) in product(SCHEMES, WIDTHS.items()):
        context = browser.new_context(
            base_url=url, color_scheme=scheme, viewport={"width": width, "height": height}
        )
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        for name, path in screens.items():
            page.goto(path)
            expect(page.locator(".skeleton")).to_have_count(0)
            page.wait_for_timeout(SETTLE_MS)
            file = target / f"{name}-{scheme}-{size}.png"
            page.screenshot(
                path=file, full_page=name in ("overview", "job", "failed-job") and size == "narrow"
            )
            _shrink(file)
        context.close()


def _shrink(file: Path) -> None:
    """A palette makes a picture of a user interface a third as large, and looks the same."""
    with Image.open(file) as picture:
        small = picture.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    small.save(file, optimize=True)


if __name__ == "__main__":
    main()
