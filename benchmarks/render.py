"""`python -m benchmarks.render`: rows per second of the table writer, beside what else there is, in one run.

- ours: the report type `table` with header, zebra, alignment and totals, from the request's data to the file
- writer: the same without checking the request
- limit: what can't be saved: cells made into text operators without measuring anything, compressed by zlib
- platypus: reportlab's LongTable with the same rows, header and zebra
- pdfkit: Node's pdfkit with one plain text call per cell; installed by npm into a temporary folder (--pdfkit)

The contestants take turns; the table shows medians. `--million` measures memory and time of long tables, each
in a process of its own.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from shared.reports import REPORT_TYPES
from shared.reports.blocks import Column, Table
from worker.render.engine import RenderRequest, render, warm_up
from worker.render.furniture import Furniture
from worker.render.layout import Layout
from worker.render.metadata import Information
from worker.render.page import Pages

COLUMNS = ("Order", "Date", "Customer", "Region", "Quantity", "Amount")
_CUSTOMERS = ("Nordlicht GmbH", "Acme Industries", "Blue Harbour Ltd", "Conti Trading", "Øresund Logistics")
_REGIONS = ("North", "South", "East", "West")
_PDFKIT = """
const PDF = require('pdfkit'), fs = require('fs');
const rows = JSON.parse(fs.readFileSync(process.argv[2])), rounds = +process.argv[3], times = [];
const xs = [40, 100, 170, 310, 380, 450];
for (let round = 0; round < rounds; round++) {
  const begun = process.cpuUsage();
  const doc = new PDF({size: 'A4', margin: 40});
  doc.on('data', () => {}); doc.fontSize(8.5);
  let y = 40;
  for (const row of rows) {
    if (y > 790) { doc.addPage(); y = 40; }
    for (let i = 0; i < row.length; i++) doc.text(String(row[i]), xs[i], y, {lineBreak: false});
    y += 15;
  }
  doc.end();
  const used = process.cpuUsage(begun);
  times.push((used.user + used.system) / 1e6);
}
console.log(JSON.stringify(times));
"""


def make_rows(count: int) -> list[dict[str, Any]]:
    """Rows as a client would send them."""
    return [
        {
            "Order": 100_000 + n,
            "Date": f"2026-{n % 12 + 1:02}-{n % 28 + 1:02}",
            "Customer": f"{_CUSTOMERS[n % 5]} {n % 997}",
            "Region": _REGIONS[n % 4],
            "Quantity": n * 7 % 500,
            "Amount": round(n * 13.37 % 9_000 + 0.99, 2),
        }
        for n in range(count)
    ]


def columns() -> list[dict[str, Any]]:
    """The table's columns, with totals."""
    return [
        {"key": "Order"},
        {"key": "Date", "format": "date"},
        {"key": "Customer"},
        {"key": "Region"},
        {"key": "Quantity", "format": "number", "total": "sum"},
        {"key": "Amount", "format": "currency", "currency": "EUR", "total": "sum"},
    ]


def request_of(rows: Any) -> RenderRequest:
    """The job."""
    data = {"columns": columns(), "rows": rows}
    return RenderRequest("bench", "table", "Orders", data, 1_790_000_000_000, 100_000)


def timed(work: Callable[[], object]) -> float:
    """Seconds of processor time."""
    begun = time.process_time()
    work()
    return time.process_time() - begun


def ours(rows: list[dict[str, Any]], target: Path) -> None:
    """The whole way from data to file."""
    render(request_of(rows), target, lambda percent, stage: None)


def limit(rows: list[dict[str, Any]]) -> None:
    """Cells as text by the cheapest means, in text operators at places that nobody measured, compressed."""
    page: list[str] = []
    y = 0.0
    for row in rows:
        if y < 60:
            zlib.compress("\n".join(page).encode("latin-1"), 6)
            page, y = [], 780.0
        page.append(
            f"1 0 0 1 50.00 {y:.2f} Tm ({row['Order']}) Tj\n1 0 0 1 120.00 {y:.2f} Tm ({row['Date']}) Tj\n"
            f"1 0 0 1 190.00 {y:.2f} Tm ({row['Customer']}) Tj\n"
            f"1 0 0 1 330.00 {y:.2f} Tm ({row['Region']}) Tj\n"
            f"1 0 0 1 400.00 {y:.2f} Tm ({row['Quantity']:,}) Tj\n"
            f"1 0 0 1 480.00 {y:.2f} Tm (€{row['Amount']:,.2f}) Tj".replace("€", "\x80")
        )
        y -= 18.2
    zlib.compress("\n".join(page).encode("latin-1"), 6)


def platypus(rows: list[dict[str, Any]], target: Path) -> None:
    """LongTable as its documentation shows it."""
    from reportlab.lib import colors
    from reportlab.lib.pagesizes import A4
    from reportlab.platypus import LongTable, SimpleDocTemplate

    cells = [list(COLUMNS)]
    cells += [[*list(row.values())[:4], f"{row['Quantity']:,}", f"€{row['Amount']:,.2f}"] for row in rows]
    table = LongTable(cells, repeatRows=1)
    table.setStyle(
        [
            ("FONTSIZE", (0, 0), (-1, -1), 8.5),
            ("ALIGN", (4, 0), (5, -1), "RIGHT"),
            ("ROWBACKGROUNDS", (0, 1), (-1, -1), [colors.white, colors.whitesmoke]),
        ]
    )
    SimpleDocTemplate(str(target), pagesize=A4).build([table])


def pdfkit(rows: list[dict[str, Any]], rounds: int, folder: Path) -> float | None:
    """Median seconds of processor time of pdfkit, or None without Node."""
    if shutil.which("npm") is None:
        return None
    subprocess.run(["npm", "install", "--silent", "--no-audit", "pdfkit"], cwd=folder, check=True)
    (folder / "bench.js").write_text(_PDFKIT)
    (folder / "rows.json").write_text(json.dumps([list(row.values()) for row in rows]))
    run = subprocess.run(
        ["node", "bench.js", "rows.json", str(rounds)],
        cwd=folder,
        capture_output=True,
        check=True,
    )
    return statistics.median(json.loads(run.stdout))


def _generated(count: int) -> Iterator[list[Any]]:
    """Rows that are made when they are asked for."""
    for n in range(count):
        customer = f"{_CUSTOMERS[n % 5]} {n % 997}"
        yield [100_000 + n, "2026-01-31", customer, _REGIONS[n % 4], n % 500, n % 9000 + 0.5]


def write_rows(rows: Iterable[list[Any]], count: int, target: Path) -> int:
    """The table writer alone, without checking a request; returns the number of pages."""
    shown = tuple(
        Column(column["key"], column.get("format", "auto"), currency="EUR", total=column.get("total"))
        for column in columns()
    )
    with target.open("wb") as out:
        pages = Pages(out, Furniture("Orders", "", "bench", 0), 100_000)
        layout = Layout(pages, lambda drawn, table: None)
        layout.draw_all("Orders", "", [Table(shown, rows, count)])
        pages.close(Information(title="Orders"))
    return pages.canvas.pages


def long_table(count: int) -> None:
    """Streams a table of that many rows; prints seconds, peak memory in MB and pages as JSON."""
    with tempfile.TemporaryDirectory() as folder:
        begun = time.process_time()
        pages = write_rows(_generated(count), count, Path(folder) / "long.pdf")
        seconds = time.process_time() - begun
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": round(seconds, 2), "peak": round(peak, 1), "pages": pages}))  # noqa: T201


def main() -> None:
    """Runs what was asked for and prints it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--pdfkit", action="store_true")
    parser.add_argument("--no-platypus", action="store_true")
    parser.add_argument("--million", action="store_true")
    parser.add_argument("--long", type=int, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.long:
        long_table(chosen.long)
        return
    with tempfile.TemporaryDirectory() as folder:
        _compare(chosen, Path(folder))
    if chosen.million:
        _grow()


def _compare(chosen: argparse.Namespace, folder: Path) -> None:
    warm_up()
    rows = make_rows(chosen.rows)
    target = folder / "ours.pdf"
    ours(rows, target)
    lists = [list(row.values()) for row in rows]
    small = RenderRequest("bench", "sales", None, REPORT_TYPES["sales"].example, 0, 100)
    seconds: dict[str, list[float]] = {"limit": [], "writer": [], "ours": [], "sales": [], "platypus": []}
    for _ in range(chosen.rounds):
        seconds["limit"].append(timed(lambda: limit(rows)))
        seconds["ours"].append(timed(lambda: ours(rows, target)))
        seconds["writer"].append(timed(lambda: write_rows(lists, len(lists), target)))
        seconds["sales"].append(
            timed(lambda: [render(small, target, lambda percent, stage: None) for _ in range(20)]) / 20
        )
        if not chosen.no_platypus:
            seconds["platypus"].append(timed(lambda: platypus(rows, folder / "platypus.pdf")))
    medians = {name: statistics.median(values) for name, values in seconds.items() if values}
    sales = medians.pop("sales")
    if chosen.pdfkit and (other := pdfkit(rows, chosen.rounds, folder)):
        medians["pdfkit"] = other
    for name, value in medians.items():
        ratio = value / medians["ours"]
        print(f"{name:9} {chosen.rows / value:10,.0f} rows/s   ours is {ratio:6.2f} x as fast")  # noqa: T201
    print(f"sales example: {sales * 1000:.2f} ms warm")  # noqa: T201


def _grow() -> None:
    for count in (100_000, 1_000_000):
        run = subprocess.run(
            [sys.executable, "-m", "benchmarks.render", "--long", str(count)], capture_output=True, check=True
        )
        print(f"{count:,} rows: {run.stdout.decode().strip()}")  # noqa: T201


if __name__ == "__main__":
    main()
