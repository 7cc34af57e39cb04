"""A file of rows in the New-report form: preview, upload, and a PDF that holds every row."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.dashboard.support import violations, watched_page
from tests.e2e.stack import Stack

pytestmark = pytest.mark.browser

ROWS = 240


@pytest.fixture
def page(browser: Browser, stack: Stack) -> Iterator[Page]:
    with watched_page(browser, f"http://127.0.0.1:{stack.dashboard_port}") as tab:
        yield tab


@pytest.fixture
def csv(tmp_path: Path) -> Path:
    """Semicolons, quotes, a line break in a value, umlauts, figures and dates."""
    lines = ["name;city;price;since"]
    for number in range(ROWS):
        lines.append(f'"Kunde ""{number}""";"Köln; Zone {number}";{number}.5;2026-01-{number % 28 + 1:02}')
    path = tmp_path / "Kunden März.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_a_csv_is_previewed_uploaded_and_every_row_printed(page: Page, stack: Stack, csv: Path) -> None:
    page.goto("/new?type=table")
    rows = page.get_by_role("region", name="Rows from a file")
    rows.locator("input[type=file]").set_input_files(csv)
    preview = rows.get_by_role("region", name="Beginning of the file")
    expect(preview.get_by_role("columnheader").nth(3)).to_have_text("since")
    expect(preview.locator("tbody tr").first).to_contain_text('Kunde "0"')
    expect(preview.locator("tbody tr").first).to_contain_text("Köln; Zone 0")
    rows.get_by_role("button", name="Upload as the rows").click()
    expect(rows).to_contain_text(f"Uploaded: {ROWS} rows, 4 columns")
    expect(preview.get_by_role("columnheader", name="price")).to_contain_text("number")
    expect(preview.get_by_role("columnheader", name="since")).to_contain_text("date")
    assert violations(page) == []
    page.get_by_label("Title").fill("Customers")
    page.get_by_role("button", name="Make the report").click()
    expect(page.get_by_role("heading", name="Customers")).to_be_visible()
    expect(page.locator(".pill")).to_have_text("Completed", timeout=30_000)
    expect(page.get_by_role("region", name="Result")).to_contain_text(f"{ROWS}, all of those received")
    job_id = page.url.rsplit("/", 1)[1]
    text = text_of(stack.get(stack.dashboard_port, f"/api/jobs/{job_id}/download").content, csv.parent)
    assert [number for number in range(ROWS) if f'Kunde "{number}"' not in text] == []


def test_a_file_that_is_no_table_says_why(browser: Browser, stack: Stack, tmp_path: Path) -> None:
    broken = tmp_path / "broken.json"
    broken.write_text('[{"a": 1}, {"a": ')
    url = f"http://127.0.0.1:{stack.dashboard_port}"
    with watched_page(browser, url, allowed="status of 422") as page:
        page.goto("/new?type=table")
        rows = page.get_by_role("region", name="Rows from a file")
        rows.locator("input[type=file]").set_input_files(broken)
        rows.get_by_role("button", name="Upload as the rows").click()
        expect(rows).to_contain_text(re.compile("Not uploaded: .+"))


def test_another_chosen_file_puts_the_uploaded_one_aside(page: Page, csv: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.csv"
    other.write_text("a,b\n1,2\n")
    page.goto("/new?type=table")
    rows = page.get_by_role("region", name="Rows from a file")
    rows.locator("input[type=file]").set_input_files(csv)
    rows.get_by_role("button", name="Upload as the rows").click()
    expect(rows.get_by_role("button", name="Use the rows below instead")).to_be_visible()
    rows.locator("input[type=file]").set_input_files(other)
    expect(rows).to_contain_text("other.csv")
    expect(rows.get_by_role("button", name="Use the rows below instead")).to_be_hidden()
    expect(page.get_by_text("The rows come from")).to_be_hidden()


def test_an_uploaded_file_is_put_aside_again(page: Page, csv: Path) -> None:
    page.goto("/new?type=table")
    rows = page.get_by_role("region", name="Rows from a file")
    rows.locator("input[type=file]").set_input_files(csv)
    rows.get_by_role("button", name="Upload as the rows").click()
    rows.get_by_role("button", name="Use the rows below instead").click()
    expect(rows).to_contain_text("The rows below are used")
    page.get_by_role("button", name="Make the report").click()
    expect(page.locator(".pill")).to_have_text("Completed", timeout=30_000)
    expect(page.get_by_role("region", name="Result")).not_to_contain_text(f"{ROWS}, all")


def text_of(pdf: bytes, folder: Path) -> str:
    tool = shutil.which("pdftotext")
    if tool is None:
        pytest.skip("no pdftotext on this machine")
    (folder / "report.pdf").write_bytes(pdf)
    return subprocess.run(
        [tool, "-layout", str(folder / "report.pdf"), "-"], capture_output=True, text=True, check=True
    ).stdout
