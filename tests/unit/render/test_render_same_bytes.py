"""The same request gives the same bytes whatever surrounds the process that renders it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zlib
from pathlib import Path
from typing import Any

import pytest
from render_helpers import CREATED_AT_MS, make

from shared.reports import REPORT_TYPES
from shared.reports.identity import content_hash

ROOT = Path(__file__).resolve().parents[3]
_SCRIPT = """
import json, sys, zlib
from pathlib import Path
from worker.render.engine import RenderRequest, render
made = {"zlib": zlib.ZLIB_RUNTIME_VERSION}
for name, (kind, data) in json.loads(sys.stdin.read()).items():
    request = RenderRequest("job-1", kind, None, data, %d, 500)
    made[name] = render(request, Path(sys.argv[1]), lambda percent, stage: None).sha256
print(json.dumps(made))
"""
MIXED = {
    "rows": [{"a": "שלום (x) 12", "b": "漢字かな", "c": "👍🏽 ✓", "d": "नमस्ते", "e": 12.5, "f": "مرحبا"}] * 40,
    "locale": "de-DE",
}
REQUESTS: dict[str, tuple[str, Any]] = {
    **{name: (name, kind.example) for name, kind in REPORT_TYPES.items()},
    "mixed": ("table", MIXED),
    "pdfa": ("table", {**MIXED, "output": {"pdfa": "3b", "attach": ["json", "csv"]}}),
    "linearized": ("table", {**MIXED, "output": {"linearize": True}}),
}


def rendered(python: str, tmp_path: Path, **environment: str) -> dict[str, str]:
    """sha256 of every request's file, made by a process of its own."""
    run = subprocess.run(
        [python, "-c", _SCRIPT % CREATED_AT_MS, str(tmp_path / "out.pdf")],
        input=json.dumps(REQUESTS),
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        check=True,
    )
    made: dict[str, str] = json.loads(run.stdout)
    return made


def test_zone_locale_and_hash_seed_make_no_difference(tmp_path: Path) -> None:
    first = rendered(sys.executable, tmp_path, PYTHONHASHSEED="1", TZ="UTC", LC_ALL="C")
    second = rendered(
        sys.executable, tmp_path, PYTHONHASHSEED="77", TZ="Asia/Kathmandu", LC_ALL="de_DE.UTF-8"
    )
    assert first == second
    assert len(set(first.values())) == len(REQUESTS) + 1


def test_what_was_rendered_before_makes_no_difference(tmp_path: Path) -> None:
    """What a process keeps from one document for the next (widths, fonts, moves) never shows in it."""

    def made(names: list[str]) -> dict[str, str]:
        return {name: make(tmp_path, *REQUESTS[name])[1].sha256 for name in names}

    names = list(REQUESTS)
    assert made(names) == made(names[::-1])


def test_another_version_of_python_makes_no_difference(tmp_path: Path) -> None:
    """PRESSROOM_OTHER_PYTHON names an interpreter with the same packages; without it, one is looked for."""
    other = os.environ.get("PRESSROOM_OTHER_PYTHON") or _other_python()
    if other is None:
        pytest.skip("no other Python with the runtime packages; name one in PRESSROOM_OTHER_PYTHON")
    theirs = rendered(other, tmp_path)
    ours = rendered(sys.executable, tmp_path)
    if theirs.pop("zlib") != ours.pop("zlib"):
        pytest.skip(
            f"the other Python has another zlib than {zlib.ZLIB_RUNTIME_VERSION}, which packs differently"
        )
    assert theirs == ours


def _other_python() -> str | None:
    for name in ("python3.13", "python3.12", "python3.11"):
        found = shutil.which(name)
        if found is None or Path(found).resolve() == Path(sys.executable).resolve():
            continue
        probe = subprocess.run([found, "-c", "import uharfbuzz, pikepdf, reportlab"], capture_output=True)
        if probe.returncode == 0:
            return found
    return None


def test_the_content_hash_follows_what_is_asked_for_and_nothing_else() -> None:
    plain = content_hash("table", None, {"a": 1, "b": [1.5, "é"]}, 5)
    assert plain == content_hash("table", None, {"a": 1, "b": [1.5, "é"]}, 5)
    one_way = content_hash("table", None, {}, priority=1, tenant="t")
    assert one_way == content_hash("table", None, {}, tenant="t", priority=1)
    others = [
        content_hash("test", None, {"a": 1, "b": [1.5, "é"]}, 5),
        content_hash("table", "x", {"a": 1, "b": [1.5, "é"]}, 5),
        content_hash("table", None, {"a": 2, "b": [1.5, "é"]}, 5),
        content_hash("table", None, {"a": 1, "b": ["é", 1.5]}, 5),
        content_hash("table", None, {"b": [1.5, "é"], "a": 1}, 5),
        content_hash("table", None, {"a": 1, "b": [1.5, "é"]}, 6),
        content_hash("table", None, {"a": 1, "b": [1.5, "é"]}, 5, priority=1),
    ]
    assert len({plain, *others}) == len(others) + 1


def test_the_order_of_keys_is_part_of_the_content_because_it_is_that_of_the_columns(tmp_path: Path) -> None:
    files, hashes = set(), set()
    for row in ({"a": 1, "b": 2}, {"b": 2, "a": 1}):
        files.add(make(tmp_path, "table", {"rows": [row]})[1].sha256)
        hashes.add(content_hash("table", None, {"rows": [row]}))
    assert (len(files), len(hashes)) == (2, 2)


def test_what_is_no_json_has_no_content_hash() -> None:
    for value in (float("nan"), {1, 2}, b"x"):
        with pytest.raises(ValueError, match="JSON"):
            content_hash("table", None, {"a": value})
