"""A process that has rendered other people's documents renders the next one as a new process would."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from render_helpers import CREATED_AT_MS

from shared.reports import REPORT_TYPES

ROOT = Path(__file__).resolve().parents[3]
# each document in a process of its own, forked before anything was rendered; then all in this one, twice
_SCRIPT = """
import json, os, random, sys
from pathlib import Path
from worker.render.engine import RenderRequest, render
target, chance = Path(sys.argv[1]), random.Random(int(sys.argv[2]))
requests = [RenderRequest(f"job-{n}", kind, None, data, int(sys.argv[3]) + n, 500)
            for n, (kind, data) in enumerate(json.loads(sys.stdin.read()))]
made = lambda request: render(request, target, lambda percent, stage: None).sha256
def alone(request):
    ours, theirs = os.pipe()
    if os.fork() == 0:
        os.write(theirs, made(request).encode())
        os._exit(0)
    os.close(theirs)
    with os.fdopen(ours) as answer:
        return answer.read()
fresh = [alone(request) for request in requests]
order = [*range(len(requests))] * 2
chance.shuffle(order)
print(json.dumps([fresh, [(n, made(requests[n])) for n in order]]))
"""
_SEED = 1
LOCALES = ("de-DE", "fr-CH", "ar-EG", "he-IL", "hi-IN", "ja-JP", "en-IN", "fa-IR")
CURRENCIES = ("EUR", "USD", "JPY", "KWD", "CHF", "INR")
ODD = (
    "€ 5",
    "(x)",
    "a\\b",
    "שלום",
    "مرحبا 123",
    "漢字",
    "नमस्ते",
    "Ünlü Søren",
    "a\u202eb",
    "😀",
    "Привет",
    "e\u0301",
)
LOOKS: tuple[dict[str, Any], ...] = (
    {},
    {"theme": {"scale": 1.25}},
    {"theme": {"font": "fira-go", "scale": 0.8}},
    {"theme": {"colours": {"accent": "#ff0000", "palette": ["#111111", "#222222"]}}},
    {"page": {"size": "A5", "orientation": "landscape"}},
    {"output": {"pdfa": "3b", "attach": ["json"]}},
)


def table(chance: random.Random) -> dict[str, Any]:
    """Rows that are mostly ordinary, in columns of many formats."""
    columns = [
        {"key": "id"},
        {"key": "when", "format": "date"},
        {"key": "name", "align": chance.choice(["left", "center", "right"])},
        {"key": "amount", "format": "currency", "currency": chance.choice(CURRENCIES), "total": "sum"},
        {"key": "share", "format": "percent"},
    ]
    rows = [
        {
            "id": chance.choice([n, f"x-{n}", None]),
            "when": chance.choice([f"2026-05-{n % 28 + 1:02}", "soon", None]),
            "name": chance.choice(["Hofmann", f"Hofmann {n}", chance.choice(ODD)]),
            "amount": chance.choice([n * 1.25, -0.0, 0, -3, 10**16, 1e300, 0.005]),
            "share": chance.choice([chance.random(), None]),
        }
        for n in range(chance.choice([1, 8, 90]))
    ]
    return {"columns": columns, "rows": rows}


def requests(chance: random.Random) -> list[tuple[str, dict[str, Any]]]:
    """Documents of all types, each in some language and with some looks."""
    kinds = [(name, dict(kind.example)) for name, kind in REPORT_TYPES.items()] * 2
    kinds += [("table", table(chance)) for _ in range(12)]
    return [
        (name, {**data, "locale": chance.choice(LOCALES), **chance.choice(LOOKS)}) for name, data in kinds
    ]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks")
def test_what_was_rendered_before_makes_no_difference(tmp_path: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-c", _SCRIPT, str(tmp_path / "out.pdf"), str(_SEED), str(CREATED_AT_MS)],
        input=json.dumps(requests(random.Random(_SEED))),
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=True,
    )
    fresh, in_turn = json.loads(run.stdout)
    assert len(set(fresh)) == len(fresh)
    assert [number for number, sha256 in in_turn if sha256 != fresh[number]] == []
