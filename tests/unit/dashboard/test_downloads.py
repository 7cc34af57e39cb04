from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from shared.job import JobState
from tests.unit.dashboard.fakes import FakeQueue, completed_job, make_job, write_pdf

PDF = b"%PDF-1.4 the bytes of a report"


@pytest.fixture
def pdf_path(queue: FakeQueue, tmp_path: Path) -> Path:
    job = completed_job("done-1", PDF)
    queue.add(job)
    return write_pdf(tmp_path, job, PDF)


async def test_the_download_has_the_bytes_the_name_and_the_checksum(
    client: httpx.AsyncClient, queue: FakeQueue, pdf_path: Path
) -> None:
    response = await client.get("/api/jobs/done-1/download")
    assert response.content == PDF
    assert response.headers["content-type"] == "application/pdf"
    assert response.headers["content-disposition"] == f'attachment; filename="{pdf_path.name}"'
    result = queue.jobs["done-1"].result
    assert result is not None
    assert response.headers["etag"] == f'"{result["sha256"]}"'


async def test_inline_shows_it_and_our_own_pages_may_embed_it(
    client: httpx.AsyncClient, pdf_path: Path
) -> None:
    response = await client.get("/api/jobs/done-1/download?inline=1")
    assert response.headers["content-disposition"].startswith("inline")
    assert response.headers["content-security-policy"] == "frame-ancestors 'self'"


async def test_an_answer_that_nothing_changed_leaves_the_stored_policy_as_it_is(
    client: httpx.AsyncClient, queue: FakeQueue, pdf_path: Path
) -> None:
    """A browser puts the headers of a 304 into the answer that it has stored."""
    first = await client.get("/api/jobs/done-1/download?inline=1")
    again = await client.get(
        "/api/jobs/done-1/download?inline=1", headers={"If-None-Match": first.headers["etag"]}
    )
    assert again.status_code == 304
    assert "content-security-policy" not in again.headers


async def test_head_and_ranges_work(client: httpx.AsyncClient, pdf_path: Path) -> None:
    head = await client.head("/api/jobs/done-1/download")
    assert (head.status_code, head.content, head.headers["content-length"]) == (200, b"", str(len(PDF)))
    part = await client.get("/api/jobs/done-1/download", headers={"Range": "bytes=0-3"})
    assert (part.status_code, part.content) == (206, b"%PDF")


@pytest.mark.parametrize("state", [state for state in JobState if state is not JobState.COMPLETED])
async def test_a_job_without_a_pdf_is_a_409_that_names_its_state(
    client: httpx.AsyncClient, queue: FakeQueue, state: JobState
) -> None:
    queue.add(make_job("job-1", state))
    response = await client.get("/api/jobs/job-1/download")
    assert response.status_code == 409
    assert state.value in response.json()["detail"]


async def test_a_file_that_is_gone_is_a_410(client: httpx.AsyncClient, pdf_path: Path) -> None:
    pdf_path.unlink()
    response = await client.get("/api/jobs/done-1/download")
    assert response.status_code == 410
    assert pdf_path.name in response.json()["detail"]


async def test_a_damaged_file_is_not_served(client: httpx.AsyncClient, pdf_path: Path) -> None:
    pdf_path.write_bytes(PDF.replace(b"report", b"rep0rt"))
    response = await client.get("/api/jobs/done-1/download")
    assert response.status_code == 500
    assert response.headers["content-type"] == "application/problem+json"
    assert b"rep0rt" not in response.content


async def test_an_unknown_job_is_a_404(client: httpx.AsyncClient) -> None:
    assert (await client.get("/api/jobs/nobody/download")).status_code == 404
