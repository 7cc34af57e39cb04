"""Documents of charts: as many values as they can take, and values that leave nothing to draw."""

from __future__ import annotations

import math
from typing import Any

Data = dict[str, Any]


def dense_charts() -> Data:
    """Many categories, series and points, and labels longer than their place."""
    cities = ("Aachen", "Bad Neuenahr-Ahrweiler", "Castrop-Rauxel", "Garmisch-Partenkirchen", "Ulm")
    return {
        "title": "Dense charts",
        "blocks": [
            _bars("200 categories", [f"Item {n}" for n in range(200)], [_wave(n, 7) for n in range(200)]),
            {
                "type": "chart",
                "kind": "line",
                "title": "Twelve series of 60 days",
                "labels": [f"{n % 30 + 1} {'Apr' if n < 30 else 'May'}" for n in range(60)],
                "series": [
                    {"name": f"Sensor {s + 1}", "values": [_wave(n, s + 3) + 12 * s for n in range(60)]}
                    for s in range(12)
                ],
            },
            _bars(
                "Long labels",
                [f"{cities[n % 5]} {n + 1}" for n in range(14)],
                [_wave(n, 4) for n in range(14)],
            ),
            {
                "type": "chart",
                "kind": "scatter",
                "title": "3,000 points",
                "xTitle": "Weight in kg",
                "yTitle": "Price",
                "series": [
                    {
                        "name": name,
                        "points": [
                            [_noise(n + s) * 40 + 15 * s, _noise(n * 3 + s) * 900 + n * 0.3]
                            for n in range(1000)
                        ],
                    }
                    for s, name in enumerate(("Road", "Rail", "Sea"))
                ],
            },
            {
                "type": "columns",
                "columns": [
                    [
                        {
                            "type": "chart",
                            "kind": "pie",
                            "title": "Eighteen parts",
                            "labels": [f"Part {n + 1} of the whole" for n in range(18)],
                            "values": [2 ** (9 - n / 2) for n in range(18)],
                        }
                    ],
                    [
                        {
                            "type": "chart",
                            "kind": "stacked",
                            "title": "Eight parts of thirty stacks",
                            "labels": [f"W{n + 1}" for n in range(30)],
                            "series": [
                                {"name": f"Line {s + 1}", "values": [abs(_wave(n, s + 2)) for n in range(30)]}
                                for s in range(8)
                            ],
                        }
                    ],
                ],
            },
            {
                "type": "chart",
                "kind": "bar",
                "horizontal": True,
                "title": "Three series of lying bars",
                "labels": ["Road haulage, long distance and international", "Rail", "Inland waterways"],
                "series": [{"name": f"202{s + 4}", "values": [90 - 9 * s, 40 + 5 * s, 21]} for s in range(3)],
            },
        ],
    }


def chart_edges() -> Data:
    """Values at which charts break."""
    abc = ["A", "B", "C", "D"]
    pairs = [
        (_bars("Negative values", abc, [12, -7, 3, -11]), _bars("All zero", abc, [0, 0, 0, 0])),
        (_bars("All equal", abc, [5, 5, 5, 5]), _bars("One bar", ["Only"], [42])),
        (
            _line("Gaps and single points", list("ABCDEFGH"), [3, None, 4, 5, None, None, 2, 3]),
            _line("One point", ["Only"], [7.25]),
        ),
        (
            _line("All equal", abc, [3, 3, 3, 3]),
            _line("Far from zero", abc, [100001, 100002, 100004, 100003]),
        ),
        (
            _bars("From tiny to huge", abc, [1e-6, 1, 1e6, 1e12]),
            _bars("Tiny", abc, [0.00012, 0.0003, 0.00021, 0.00005]),
        ),
        (
            {
                "type": "chart",
                "kind": "stacked",
                "title": "Stacks up and down",
                "labels": abc,
                "series": [
                    {"name": "In", "values": [5, 8, 3, 6]},
                    {"name": "Out", "values": [-4, -6, -7, -2]},
                    {"name": "Fees", "values": [1, 0, None, -1]},
                ],
            },
            {
                "type": "chart",
                "kind": "area",
                "title": "Areas upon each other",
                "labels": list("ABCDEFGHIJ"),
                "series": [
                    {"name": "Base", "values": [4, 5, 6, 6, 7, 8, 8, 9, 9, 10]},
                    {"name": "Peak", "values": [1, 2, 4, 3, 2, 5, 6, 4, 3, 2]},
                ],
            },
        ),
        (_pie("One part", ["All"], [1]), _pie("Nothing", ["A", "B"], [0, 0])),
        (
            _pie("One part of almost all", ["Most", "Rest"], [9999, 1], "donut"),
            {
                "type": "chart",
                "kind": "bar",
                "horizontal": True,
                "title": "Lying bars to both sides",
                "format": "percent",
                "labels": ["Berlin", "Lisbon", "Oslo", "Rome"],
                "values": [0.12, -0.034, 0.005, -0.21],
            },
        ),
        (
            {"type": "chart", "kind": "sparkline", "title": "Sparkline", "values": [3, 5, 4, 8, 6, 9, 7]},
            {"type": "chart", "kind": "scatter", "title": "One point", "series": [{"points": [[3, 4]]}]},
        ),
    ]
    return {
        "title": "Charts at their edges",
        "blocks": [{"type": "columns", "columns": [[left], [right]]} for left, right in pairs],
    }


def _bars(title: str, labels: list[str], values: list[float]) -> Data:
    return {"type": "chart", "kind": "bar", "title": title, "labels": labels, "values": values}


def _line(title: str, labels: list[str], values: list[Any]) -> Data:
    return {"type": "chart", "kind": "line", "title": title, "labels": labels, "values": values}


def _pie(title: str, labels: list[str], values: list[float], kind: str = "pie") -> Data:
    return {"type": "chart", "kind": kind, "title": title, "labels": labels, "values": values}


def _wave(n: int, s: int) -> float:
    return round(60 + 40 * math.sin(n / s) + 15 * math.cos(n * s), 1)


def _noise(n: int) -> float:
    """0 to 1, the same in every run."""
    return math.sin(n * 12.9898) * 43758.5453 % 1
