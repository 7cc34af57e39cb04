"""`python -m benchmarks.datasets --rows 1000000`: time and memory of a CSV dataset, taken in and printed.

- upload: over HTTP into a real producer; how much that grows, and the peak of the process that reads the file
- render: the stored file as a `table` report, in a process of its own, as a render child does it

Linux only (/proc). Times are of the machine as it is; memory does not depend on its load.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx

from shared.datasets.model import Dataset
from shared.datasets.rows import DatasetRows
from shared.tuning import calm_the_collector
from tests.e2e.stack import Stack
from worker.render.engine import RenderRequest, render, warm_up

_NAMES = ("Hofmann & Söhne", "Atelier Lumière", "Nordwind GmbH", "Acme Ltd", "Studio North", "Blue River")


def csv_lines(count: int) -> Iterator[str]:
    """A header and `count` rows of six columns; the same each time."""
    yield "date,customer,order,units,amount,margin\n"
    for n in range(count):
        day = f"2026-{1 + n % 12:02}-{1 + n % 28:02}"
        amount = n * 7919 % 1_000_000 / 100
        yield f"{day},{_NAMES[n % 6]},ORD-{n:08},{n % 97},{amount:.2f},{n * 31 % 1000 / 1000}\n"


def main() -> None:
    """Prints both."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--render", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.render:
        _render(*map(Path, options.render))
        return
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "rows.csv"
        with source.open("w", encoding="utf-8") as file:
            file.writelines(csv_lines(options.rows))
        with Stack(Path(folder) / "stack") as stack:
            data = _upload(stack.start(), source)
            command = [sys.executable, "-m", "benchmarks.datasets", "--render"]
            record = data.with_suffix(".json")
            subprocess.run([*command, str(data), str(record)], check=True)


def _upload(stack: Stack, source: Path) -> Path:
    """Uploads the file and prints what that took; where it is stored."""
    url = f"http://127.0.0.1:{stack.producer_port}/api/v1/datasets"
    httpx.post(url, content=b"a,b\n1,2\n", timeout=60).raise_for_status()
    producer = stack.pid_of("-m producer")
    before, ended, peaks = _rss_mb(producer), threading.Event(), {"producer": 0.0, "intake": 0.0}

    def watch() -> None:
        while not ended.wait(0.05):
            peaks["producer"] = max(peaks["producer"], _rss_mb(producer))
            for pid, command in stack.pids().items():
                if "shared.datasets.intake" in command:
                    peaks["intake"] = max(peaks["intake"], _rss_mb(pid))

    watcher = threading.Thread(target=watch)
    watcher.start()
    began = time.monotonic()
    with source.open("rb") as file:
        answer = httpx.post(url, content=file, timeout=600)
    seconds = time.monotonic() - began
    ended.set()
    watcher.join()
    body: dict[str, Any] = answer.raise_for_status().json()
    _say(
        f"upload  {body['rows']:,} rows, {body['bytes'] / 1e6:.1f} MB in {seconds:.1f} s;",
        f"the producer grew by {peaks['producer'] - before:.1f} MB, reading took {peaks['intake']:.1f} MB",
    )
    return stack.folder / "uploads" / "datasets" / f"{body['datasetId']}.data"


def _render(data: Path, record: Path) -> None:
    dataset = Dataset.from_json(json.loads(record.read_text()))
    warm_up()
    calm_the_collector()
    request = RenderRequest(
        *("job", "table", None, {"dataset": dataset.id}, 0, 1_000_000),
        datasets={dataset.id: DatasetRows(data, dataset)},
    )
    began = time.process_time()
    outcome = render(request, data.with_suffix(".pdf"), lambda percent, stage: None)
    seconds = time.process_time() - began
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    _say(
        f"render  {outcome.rows_rendered:,} rows on {outcome.pages:,} pages,",
        f"{outcome.file_size / 1e6:.1f} MB, in {seconds:.1f} s of CPU",
        f"({outcome.rows_rendered / seconds:,.0f} rows/s); peak {peak_mb:.1f} MB",
    )


def _say(*words: str) -> None:
    sys.stdout.write(" ".join(words) + "\n")
    sys.stdout.flush()


def _rss_mb(pid: int) -> float:
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0.0
    line = next((line for line in status.splitlines() if line.startswith("VmRSS")), "VmRSS 0 kB")
    return int(line.split()[1]) / 1024


if __name__ == "__main__":
    main()
