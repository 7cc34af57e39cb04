"""Which ranges of a file are sent, by RFC 9110, section 14."""

from __future__ import annotations

import hashlib
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI, Request, Response

from shared.errors import FileMissing
from shared.http import pdf_response
from shared.http.files import satisfiable

BODY = b"%PDF-0123456789"
SHA256 = hashlib.sha256(BODY).hexdigest()


@pytest.mark.parametrize(
    ("header", "found"),
    [
        ("bytes=0-3", ["0-3"]),
        ("bytes=-5", ["-5"]),
        ("BYTES= 3- , -1", ["3-", "-1"]),
        ("bytes=0-3,99-", ["0-3"]),
        ("bytes=99-", []),
        ("bytes=-0", []),
        ("bytes=5-2", None),
        ("bytes=-", None),
        ("bytes=abc", None),
        ("lines=1-2", None),
        ("bytes", None),
        ("bytes=1-2,x", None),
        ("bytes=" + "1" * 5000 + "-", None),
    ],
)
def test_a_header_without_sense_is_ignored(header: str, found: list[str] | None) -> None:
    assert satisfiable(header, len(BODY)) == found


@pytest.mark.parametrize(
    ("headers", "status", "body"),
    [
        ({}, 200, BODY),
        ({"Range": "bytes=0-3"}, 206, b"%PDF"),
        ({"Range": "bytes=0-3,99-"}, 206, b"%PDF"),
        ({"Range": "bytes=5-2"}, 200, BODY),
        ({"Range": "lines=1"}, 200, BODY),
        ({"Range": "bytes=0-3", "If-Range": '"other"'}, 200, BODY),
        ({"Range": "bytes=99-", "If-Range": '"other"'}, 200, BODY),
        ({"Range": "bytes=0-3", "If-Range": f'"{SHA256}"'}, 206, b"%PDF"),
        ({"If-None-Match": f'"{SHA256}"'}, 304, b""),
    ],
)
async def test_a_range_is_sent_as_asked_for_or_else_all_of_the_file(
    tmp_path: Path, headers: dict[str, str], status: int, body: bytes
) -> None:
    answer = await get(tmp_path, headers)
    assert (answer.status_code, answer.content) == (status, body)


async def test_a_range_beyond_the_file_is_a_problem_that_tells_its_size(tmp_path: Path) -> None:
    answer = await get(tmp_path, {"Range": "bytes=99-"})
    assert answer.status_code == 416
    assert answer.headers["content-range"] == f"bytes */{len(BODY)}"
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("headers", [{}, {"Range": "bytes=0-3"}])
async def test_a_file_that_was_deleted_since_it_was_checked_is_missing(
    tmp_path: Path, headers: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Path, "write_bytes", lambda *_: None)
    with pytest.raises(FileMissing, match=r"report\.pdf"):
        await get(tmp_path, headers)


async def get(folder: Path, headers: dict[str, str]) -> httpx.Response:
    (folder / "report.pdf").write_bytes(BODY)
    app = FastAPI()

    @app.get("/report")
    async def report(request: Request) -> Response:
        return pdf_response(request, folder / "report.pdf", SHA256, download_name="report.pdf")

    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        return await client.get("/report", headers=headers)
