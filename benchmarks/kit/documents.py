"""The reports that are made: the same data for every system."""

from __future__ import annotations

import json
from typing import Any

from shared.reports.sales import REPORT

#: lines in the product table of the small report
ROWS = 40


def sales_report(rows: int = ROWS) -> dict[str, Any]:
    """The small report: a sales report with metrics, two charts and a table of `rows` products."""
    data = dict(REPORT.example)
    products = data["products"]
    data["products"] = [
        {**products[n % len(products)], "name": f"{products[n % len(products)]['name']} {n + 1}"}
        for n in range(rows)
    ]
    return {"reportType": "sales", "title": "Sales report", "data": data}


def as_json(body: dict[str, Any]) -> bytes:
    """The body of a request."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
