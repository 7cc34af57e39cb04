"""Pressroom's renderer, and the limit, as contestants: `python -m benchmarks.kit.ours ours|limit FOLDER`.

The folder holds `document.json` for the limit and `request.json` for the renderer, with `rows.csv` beside it
when the rows are a dataset. Speaks as `benchmarks/peers/python/contestant.py` does.
"""

from __future__ import annotations

import json
import sys
import time
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.peers.python.pdf import shown
from shared.datasets.model import Dataset
from shared.datasets.parse import Wanted, parse
from shared.datasets.rows import DatasetRows
from shared.datasets.source import Source
from shared.tuning import calm_the_collector
from worker.render.engine import RenderRequest, render, warm_up

DATASET_ID = "0" * 32
LINES_A_PAGE = 50


def main() -> None:
    """Answers until the input ends."""
    who, folder = sys.argv[1], Path(sys.argv[2])
    work = _limit(folder) if who == "limit" else _ours(folder)
    _say({"ready": True})
    for line in sys.stdin:
        began = time.perf_counter()
        work(Path(line.strip()))
        _say({"seconds": time.perf_counter() - began})


def _ours(folder: Path) -> Callable[[Path], object]:
    """From the request's data to the file, as a render child does it."""
    warm_up()
    calm_the_collector()
    body = json.loads((folder / "request.json").read_text())
    rows = folder / "rows.csv"
    dataset = _dataset(rows) if rows.exists() else None

    def work(target: Path) -> None:
        datasets = {DATASET_ID: DatasetRows(rows, dataset)} if dataset else {}
        request = RenderRequest(
            *("bench", body["reportType"], body["title"], body["data"], 0, 1_000_000), datasets=datasets
        )
        outcome = render(request, target, lambda percent, stage: None)
        if outcome.rows_received != outcome.rows_rendered:
            raise RuntimeError(f"{outcome.rows_rendered} of {outcome.rows_received} rows")

    return work


def _dataset(rows: Path) -> Dataset:
    """The record that the intake makes of the file."""
    copy = rows.with_suffix(".copy")
    with rows.open("rb", buffering=0) as stream, copy.open("wb") as out:
        source = Source(stream, out)
        parsed = parse(source, Wanted(file_name="rows.csv"), lambda: rows.open("rb", buffering=0))
        source.drain()
    copy.unlink()
    known = (DATASET_ID, "rows.csv", parsed.dialect, parsed.rows, parsed.columns)
    return Dataset(*known, source.size, source.sha256, created_at_ms=0)


def _limit(folder: Path) -> Callable[[Path], object]:
    """What can't be saved: values as texts in text operators, at places nobody measured, compressed."""
    document = json.loads((folder / "document.json").read_text())

    def work(target: Path) -> None:
        with target.open("wb") as out:
            page: list[str] = []
            for texts in _lines(document):
                y = 780 - 15 * len(page)
                page.append("\n".join(f"{40 + 85 * n} {y} Td ({text}) Tj" for n, text in enumerate(texts)))
                if len(page) == LINES_A_PAGE:
                    out.write(zlib.compress("\n".join(page).encode("latin-1", "replace"), 6))
                    page = []
            out.write(zlib.compress("\n".join(page).encode("latin-1", "replace"), 6))

    return work


def _lines(document: dict[str, Any]) -> Any:
    yield [document["title"]]
    for block in document["blocks"]:
        ((kind, content),) = block.items()
        if kind == "table":
            yield content["head"]
            yield from (shown(row, content["formats"]) for row in content["rows"])
        elif kind == "bars":
            yield content["labels"]
            yield [f"{value:,}" for value in content["values"]]
        else:
            yield [content]


def _say(answer: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
