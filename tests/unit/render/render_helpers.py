"""Rendering in tests, and reading back what came out."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pikepdf

from worker.render.engine import RenderOutcome, RenderRequest, render

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
