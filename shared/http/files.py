"""Answers that carry a PDF."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from fastapi import Request, Response
from fastapi.responses import FileResponse
from starlette.datastructures import MutableHeaders
from starlette.types import Receive, Scope, Send

from shared.errors import FileMissing
from shared.http.problems import problem

# no file has more bytes than 18 digits can say
_RANGE = r"[ \t]*\d{0,18}-\d{0,18}[ \t]*"
_RANGES = re.compile(rf"bytes={_RANGE}(?:,{_RANGE})*", re.ASCII | re.IGNORECASE)


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

    Raises:
        FileMissing: it was deleted since.
    """
    headers = {
        "ETag": f'"{sha256}"',
        "Cache-Control": "private, no-cache",
        "X-Content-Type-Options": "nosniff",
    }
    if _matches(request.headers.get("if-none-match", ""), sha256):
        return Response(status_code=304, headers=headers)
    try:
        found = path.stat()
    except FileNotFoundError:
        raise FileMissing(path.name) from None
    asked = request.headers.get("range")
    ranges = None if asked is None else satisfiable(asked, found.st_size)
    if ranges == [] and request.headers.get("if-range", headers["ETag"]) == headers["ETag"]:
        unit = {"Content-Range": f"bytes */{found.st_size}"}
        return problem(416, "The file has no such range", f"Range: {asked}"[:200], headers=unit)
    return _Ranged(
        ranges,
        path,
        stat_result=found,
        media_type="application/pdf",
        filename=download_name,
        content_disposition_type="inline" if inline else "attachment",
        headers=headers,
    )


def _matches(if_none_match: str, sha256: str) -> bool:
    tags = {tag.strip().removeprefix("W/") for tag in if_none_match.split(",")}
    return "*" in tags or f'"{sha256}"' in tags


def satisfiable(header: str, size: int) -> list[str] | None:
    """The ranges of a `Range` header that a file of `size` bytes has, by RFC 9110, section 14.

    None when the header is to be ignored: another unit, or no valid set of ranges.
    """
    if not _RANGES.fullmatch(header):
        return None
    found = []
    for spec in header.partition("=")[2].split(","):
        first, last = spec.strip().split("-")
        if not (first or last) or (first and last and int(first) > int(last)):
            return None
        if (int(first) < size) if first else (int(last) > 0 and size > 0):
            found.append(f"{first}-{last}")
    return found


class _Ranged(FileResponse):
    """Sends the given ranges, or all of the file."""

    def __init__(self, ranges: list[str] | None, path: Path, **options: Any) -> None:
        super().__init__(path, **options)
        self._ranges = ranges

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        asked = MutableHeaders(raw=list(scope["headers"]))
        if "range" in asked:
            del asked["range"]
            if self._ranges:
                asked["range"] = f"bytes={','.join(self._ranges)}"
        await super().__call__({**scope, "headers": asked.raw}, receive, send)
