"""`python -m tests.gallery [FOLDER]`: pictures of each type's example and of the awkward documents.

Needs `pdftoppm` of poppler. The same sources give the same pictures, as far as poppler draws the same.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from PIL import Image

from shared.reports import REPORT_TYPES
from tests.gallery.documents import AWKWARD
from worker.render.engine import RenderRequest, render

_DOTS_PER_INCH = 72
_COLOURS = 160
_CREATED_AT_MS = 1_790_000_000_000
_DEFAULT = Path("docs/gallery")


def main() -> None:
    """Makes all pictures and the page that shows them."""
    if shutil.which("pdftoppm") is None:
        sys.exit("pdftoppm is needed: install poppler-utils")
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else _DEFAULT
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.png"):
        old.unlink()
    with tempfile.TemporaryDirectory() as work:
        for name, kind in REPORT_TYPES.items():
            _picture(Path(work), folder / f"type-{name}.png", name, kind.example, 1)
        for document in AWKWARD:
            data = document.make()
            for page in document.pages:
                target = folder / f"{document.name}-{page}.png"
                _picture(Path(work), target, document.report_type, data, page)
    (folder / "README.md").write_text(_page(), encoding="utf-8")


def _picture(work: Path, target: Path, report_type: str, data: dict[str, Any], page: int) -> None:
    source = work / "report.pdf"
    request = RenderRequest("gallery", report_type, None, data, _CREATED_AT_MS, 1000)
    render(request, source, lambda percent, stage: None)
    numbers = ["-f", str(page), "-l", str(page), "-r", str(_DOTS_PER_INCH)]
    subprocess.run(["pdftoppm", "-png", "-singlefile", *numbers, str(source), str(work / "page")], check=True)
    with Image.open(work / "page.png") as image:
        image.convert("RGB").quantize(_COLOURS, kmeans=1, dither=Image.Dither.NONE).save(
            target, optimize=True
        )


def _page() -> str:
    lines = [
        "# Gallery",
        "",
        "Made by `make gallery` from the examples of the report types and from `tests/gallery`.",
        "",
        "## Report types",
        "",
    ]
    for name, kind in REPORT_TYPES.items():
        lines += [f"**{name}**: {kind.description}", "", f"![{kind.title}](type-{name}.png)", ""]
    lines += ["## Awkward documents", ""]
    for document in AWKWARD:
        pictures = " ".join(f"![page {page}]({document.name}-{page}.png)" for page in document.pages)
        lines += [f"**{document.caption}**", "", pictures, ""]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
