"""Whether a system's PDF holds what it was asked for."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

from benchmarks.kit.documents import ROWS, sales_report
from benchmarks.peers.install import PEER_PYTHON

_READ = """
import sys, pymupdf
with pymupdf.open(sys.argv[1]) as file:
    pages = range(len(file)) if sys.argv[2] == "all" else {0, len(file) - 1}
    sys.stdout.reconfigure(encoding="utf-8")
    print(len(file), *(file[n].get_text() for n in sorted(pages)), sep="\\n")
"""
READ_SECONDS = 60


def text_of(file: Path, *, ends_only: bool = False) -> tuple[int, str] | None:
    """Number of pages and the text, of the first and last page only if so wanted; None if nothing reads it."""
    if PEER_PYTHON.exists():
        pages = "ends" if ends_only else "all"
        printed = _run([str(PEER_PYTHON), "-c", _READ, str(file), pages])
        if printed is not None:
            count, _, text = printed.partition("\n")
            return int(count), text
    if shutil.which("pdftotext"):
        printed = _run(["pdftotext", "-layout", str(file), "-"])
        if printed is not None:
            return printed.count("\f"), printed
    return None


def report_fault(file: Path) -> str | None:
    """What is wrong with a PDF of the small report; None: nothing, or no program here reads PDFs."""
    if not file.read_bytes().rstrip().endswith(b"%%EOF"):
        return "the file is no whole PDF"
    found = text_of(file)
    if found is None:
        return None
    words = " ".join(found[1].split())
    products = sales_report()["data"]["products"]
    there = sum(bool(re.search(rf"{re.escape(item['name'])}(?!\d)", words)) for item in products)
    return None if there == ROWS else f"{there} of {ROWS} rows are in the text"


def _run(command: list[str]) -> str | None:
    try:
        done = subprocess.run(command, capture_output=True, timeout=READ_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.decode(errors="replace") if done.returncode == 0 else None
