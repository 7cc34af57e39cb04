"""Rendering in tests, and reading back what came out."""

from __future__ import annotations

import html
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pikepdf
import pytest

from worker.render.engine import RenderOutcome, RenderRequest, render

_WORD = re.compile(r'<word xMin="(.*?)" yMin="(.*?)" xMax="(.*?)" yMax="(.*?)">(.*)</word>')
CREATED_AT_MS = 1_790_000_000_000


def make(
    folder: Path, report_type: str, data: dict[str, Any], *, title: str | None = None, max_pages: int = 500
) -> tuple[Path, RenderOutcome]:
    """A rendered report and its outcome."""
    target = folder / "report.pdf"
    request = RenderRequest("job-1", report_type, title, data, CREATED_AT_MS, max_pages)
    return target, render(request, target, lambda percent, stage: None)


def text_of(path: Path) -> str:
    """All text, words separated by single spaces, as `pdftotext` reads it."""
    tool = shutil.which("pdftotext")
    if tool is None:
        return _text_by_pikepdf(path)
    run = subprocess.run([tool, "-layout", str(path), "-"], capture_output=True, check=True)
    assert not run.stderr, run.stderr
    return " ".join(run.stdout.decode().split())


def _text_by_pikepdf(path: Path) -> str:
    """The ASCII text of the pages' strings, enough for the tests where poppler is not installed."""
    words = []
    with pikepdf.open(path) as pdf:
        for page in pdf.pages:
            for operands, operator in pikepdf.parse_content_stream(page):
                if str(operator) == "Tj":
                    words.append(bytes(operands[0]).decode("latin-1"))
    return " ".join(" ".join(words).split())


def check(path: Path) -> int:
    """The number of pages of a file that pikepdf (qpdf) finds nothing wrong with."""
    with pikepdf.open(path) as pdf:
        assert pdf.check_pdf_syntax() == [] if hasattr(pdf, "check_pdf_syntax") else pdf.check() == []
        return len(pdf.pages)


def operators_of(page: pikepdf.Page) -> bytes:
    """A page's operators, of all its content streams."""
    contents = page.obj["/Contents"]
    streams = contents if isinstance(contents, pikepdf.Array) else [contents]
    return b"\n".join(stream.read_bytes() for stream in streams)


@dataclass(frozen=True, slots=True)
class Word:
    """A word on a page, with its box in points from the page's top left corner."""

    page: int
    text: str
    x0: float
    y0: float
    x1: float
    y1: float


def words_of(path: Path) -> list[Word]:
    """All words with their places, as `pdftotext -bbox` reads them."""
    tool = shutil.which("pdftotext")
    if tool is None:
        if os.environ.get("CI") == "true":
            pytest.fail("pdftotext is missing: install poppler-utils")
        pytest.skip("pdftotext is missing")
    run = subprocess.run([tool, "-bbox", str(path), "-"], capture_output=True, check=True)
    assert not run.stderr, run.stderr
    found, page = [], 0
    for line in run.stdout.decode().splitlines():
        page += line.lstrip().startswith("<page ")
        match = _WORD.search(line)
        if match:
            found.append(Word(page, html.unescape(match[5]), *map(float, match.groups()[:4])))
    return found
