"""What the renderers make: a request for Pressroom, and the same as blocks for its peers."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.kit.documents import ROWS, sales_report
from benchmarks.kit.ours import DATASET_ID
from benchmarks.peers.python.pdf.html import page_of

CHARTS, MONTHS = 12, ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
#: tables longer than this come as a dataset to Pressroom: no request could hold them
INLINE_ROWS = 10_000
_HEAD = ("Order", "Date", "Customer", "Region", "Quantity", "Amount")
_FORMATS = ("text", "text", "text", "text", "whole", "money")
_CUSTOMERS = ("Nordlicht GmbH", "Acme Industries", "Blue Harbour Ltd", "Conti Trading", "Oresund Logistics")
_REGIONS = ("North", "South", "East", "West")


@dataclass(frozen=True, slots=True)
class Content:
    """A document for all renderers."""

    name: str
    #: of Pressroom
    request: dict[str, Any]
    #: of the peers: `{title, blocks}`
    document: dict[str, Any]
    #: texts that must be in the PDF
    expected: tuple[str, ...]
    #: of the table; 0 without one
    rows: int
    #: the table's rows when the request only names a dataset
    dataset: list[list[Any]] | None = None

    def write(self, folder: Path, *, html: bool) -> None:
        """Puts the files of the contestants into the folder."""
        folder.mkdir()
        (folder / "document.json").write_text(json.dumps(self.document))
        (folder / "request.json").write_text(json.dumps(self.request))
        if html:
            (folder / "html.json").write_text(json.dumps({"html": page_of(self.document)}))
        if self.dataset is not None:
            with (folder / "rows.csv").open("w", newline="") as file:
                writer = csv.writer(file)
                writer.writerow(_HEAD)
                writer.writerows(self.dataset)


def report() -> Content:
    """The small report of the other benchmarks."""
    body = sales_report()
    data = body["data"]
    rows = [
        [item["name"], item["sku"], item["category"], item["quantity"], item["price"], _amount(item)]
        for item in data["products"]
    ]
    head = ["Product", "SKU", "Category", "Quantity", "Price", "Amount"]
    formats = ["text", "text", "text", "whole", "money", "money"]
    rows.append(["Total", "", "", sum(row[3] for row in rows), 0, sum(row[5] for row in rows)])
    facts = ("revenue", "target", "orders", "newCustomers")
    blocks: list[dict[str, Any]] = [
        {"text": data["period"]},
        {"text": data["summary"]},
        *({"text": f"{name}: {data[name]:,}"} for name in facts),
        *({"heading": "By month"}, {"bars": _bars(data["byMonth"])}),
        *({"heading": "By region"}, {"bars": _bars(data["byRegion"])}),
        {"table": {"head": head, "formats": formats, "rows": rows}},
        {"text": data["notes"]},
    ]
    names = tuple(str(row[0]) for row in rows[:-1])
    return Content("40-row report", body, {"title": body["title"], "blocks": blocks}, names, ROWS)


def charts() -> Content:
    """Twelve charts of twelve columns each."""
    series = [
        (f"Chart number {n + 1}", [(n * 37 + m * 61) % 400 + 20 for m in range(12)]) for n in range(CHARTS)
    ]
    ours = [
        {"type": "chart", "kind": "bar", "title": title, "labels": list(MONTHS), "values": values}
        for title, values in series
    ]
    theirs: list[dict[str, Any]] = []
    for title, values in series:
        theirs += [{"heading": title}, {"bars": {"labels": list(MONTHS), "values": values}}]
    request = {"reportType": "document", "title": "Twelve charts", "data": {"blocks": ours}}
    titles = tuple(title for title, _ in series)
    return Content("12 charts", request, {"title": "Twelve charts", "blocks": theirs}, titles, 0)


def long_table(count: int) -> Content:
    """Six columns, head on each page, zebra, right-aligned and formatted numbers; ours sums up two, too."""
    rows = [_row(n) for n in range(count)]
    document = {"title": "Orders", "blocks": [{"table": {"head": _HEAD, "formats": _FORMATS, "rows": rows}}]}
    columns = [
        {"key": key, **({"format": "number", "total": "sum"} if how != "text" else {})}
        for key, how in zip(_HEAD, _FORMATS, strict=True)
    ]
    columns[-1]["decimals"] = 2
    small = count <= INLINE_ROWS
    given: dict[str, Any] = {"columns": columns}
    if small:
        given["rows"] = [dict(zip(_HEAD, row, strict=True)) for row in rows]
    else:
        given["dataset"] = DATASET_ID
    request = {"reportType": "table", "title": "Orders", "data": given}
    shown = range(count) if small else (0, 1, count - 2, count - 1)
    expected = tuple(str(rows[n][0]) for n in shown)
    return Content(f"{count:,} rows", request, document, expected, count, None if small else rows)


def _row(n: int) -> list[Any]:
    return [
        f"SO-{100_000 + n}",
        f"2026-{n % 12 + 1:02}-{n % 28 + 1:02}",
        f"{_CUSTOMERS[n % 5]} {n % 997}",
        _REGIONS[n % 4],
        n * 7 % 500,
        round(n * 13.37 % 9_000 + 0.99, 2),
    ]


def _amount(item: dict[str, Any]) -> float:
    return round(float(item["quantity"] * item["price"]), 2)


def _bars(points: list[dict[str, Any]]) -> dict[str, Any]:
    return {"labels": [point["label"] for point in points], "values": [point["value"] for point in points]}
