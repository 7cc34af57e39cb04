"""Answers that carry a PDF."""

from __future__ import annotations

from pathlib import Path

from fastapi import Request, Response
from fastapi.responses import FileResponse


def pdf_response(
    request: Request, path: Path, sha256: str, *, download_name: str, inline: bool = False
) -> Response:
    """The PDF at `path`: ETag, conditional, `Range` and `HEAD`.

    Args:
        request: asked for it.
        path: of a file whose bytes were checked against `sha256`.
        sha256: the ETag.
        download_name: what a browser saves it as.
        inline: shown in the browser instead of saved.
    """
    headers = {
        "ETag": f'"{sha256}"',
        "Cache-Control": "private, no-cache",
        "X-Content-Type-Options": "nosniff",
    }
    if _matches(request.headers.get("if-none-match", ""), sha256):
        return Response(status_code=304, headers=headers)
    return FileResponse(
        path,
        media_type="application/pdf",
        filename=download_name,
        content_disposition_type="inline" if inline else "attachment",
        headers=headers,
    )


def _matches(if_none_match: str, sha256: str) -> bool:
    tags = {tag.strip().removeprefix("W/") for tag in if_none_match.split(",")}
    return "*" in tags or f'"{sha256}"' in tags
