"""The gallery's documents: sound for poppler and qpdf, complete, and without a warning."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from render_helpers import check, make, words_of

from shared.reports import REPORT_TYPES
from tests.gallery.documents import AWKWARD

EXAMPLES = [(name, name, kind.example) for name, kind in REPORT_TYPES.items()]
CASES = [*EXAMPLES, *((one.name, one.report_type, one.make()) for one in AWKWARD)]


def test_there_are_awkward_documents_and_a_picture_of_each() -> None:
    folder = Path(__file__).parents[3] / "docs" / "gallery"
    assert len(AWKWARD) >= 12
    for one in AWKWARD:
        assert all((folder / f"{one.name}-{page}.png").is_file() for page in one.pages)
    assert all((folder / f"type-{name}.png").is_file() for name in REPORT_TYPES)


@pytest.mark.parametrize(("name", "report_type", "data"), CASES, ids=[case[0] for case in CASES])
def test_poppler_and_qpdf_find_nothing_wrong(
    name: str, report_type: str, data: dict[str, object], tmp_path: Path
) -> None:
    path, outcome = make(tmp_path, report_type, data, max_pages=1000)
    assert check(path) == outcome.pages
    assert outcome.rows_received == outcome.rows_rendered
    allowed = ("cut to fit",) if name == "dense-charts" else ()
    assert [warning for warning in outcome.warnings if not warning.endswith(allowed or "\0")] == []
    for tool in (["qpdf", "--check"], ["pdfinfo"], ["pdffonts"]):
        _run(tool, path)
    if name != "three-hundred-pages":
        words = words_of(path)
        assert all(word.x0 >= 0 and word.y0 >= 0 for word in words)


def _run(command: list[str], path: Path) -> None:
    if shutil.which(command[0]) is None:
        if os.environ.get("CI") == "true":
            pytest.fail(f"{command[0]} is missing")
        pytest.skip(f"{command[0]} is missing")
    run = subprocess.run([*command, str(path)], capture_output=True, text=True, check=True)
    assert run.stderr == ""
    assert "WARNING" not in run.stdout
