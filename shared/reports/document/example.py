"""A document that renders, with every kind of block."""

from __future__ import annotations

from pydantic import JsonValue

#: a PNG of 16 x 16 pixels in two colours
PICTURE = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAABAAAAAQAQMAAAAlPW0iAAAABlBMVEUbTYr////uT6ciAAAAL0lEQV"
    "R42gXBoQEAIAzAsFImJhCcwKmci5xEIEjYQJMmStDLkc4QBOt5D4mJExcfdtEFyOlHnGgAAAAASUVORK5CYII="
)

EXAMPLE: dict[str, JsonValue] = {
    "title": "Harbour Line: year in review",
    "subtitle": "Operations and finance, 2026",
    "author": "Harbour Line Logistics",
    "currency": "EUR",
    "blocks": [
        {
            "type": "paragraph",
            "text": "Harbour Line moved **1.24 million containers** in 2026, more than in any year before. "
            "This review sets out *what changed*, what it cost, and what follows from it. "
            "Questions go to [the operations desk](mailto:desk@harbour-line.example).",
        },
        {
            "type": "metrics",
            "items": [
                {
                    "label": "Revenue",
                    "value": 48250000,
                    "format": "currency",
                    "previous": 44100000,
                    "detail": "before: €44.1M",
                    "trend": [9.8, 10.4, 11.2, 10.9, 11.8, 12.1, 12.6, 13.0],
                },
                {"label": "Containers", "value": 1240500, "change": 0.062, "detail": "on 2025"},
                {"label": "On time", "value": 0.943, "format": "percent", "previous": 0.951},
                {
                    "label": "Claims",
                    "value": 312,
                    "previous": 401,
                    "higherIsBetter": False,
                    "detail": "before: 401",
                },
            ],
        },
        {"type": "heading", "text": "Volume and revenue"},
        {
            "type": "columns",
            "columns": [
                [
                    {
                        "type": "chart",
                        "kind": "stacked",
                        "title": "Containers by route, thousands",
                        "labels": ["Q1", "Q2", "Q3", "Q4"],
                        "series": [
                            {"name": "Baltic", "values": [112, 118, 131, 127]},
                            {"name": "North Sea", "values": [96, 104, 101, 109]},
                            {"name": "Atlantic", "values": [78, 81, 88, 95]},
                        ],
                    }
                ],
                [
                    {
                        "type": "chart",
                        "kind": "line",
                        "title": "On time, by month",
                        "format": "percent",
                        "labels": ["J", "F", "M", "A", "M", "J", "J", "A", "S", "O", "N", "D"],
                        "series": [
                            {
                                "name": "2025",
                                "values": [
                                    *[0.948, 0.951, 0.946, 0.953, 0.957, 0.955],
                                    *[0.949, 0.944, 0.952, 0.951, 0.949, 0.953],
                                ],
                            },
                            {
                                "name": "2026",
                                "values": [
                                    *[0.939, 0.931, 0.928, 0.935, 0.941, 0.944],
                                    *[0.946, 0.948, 0.951, 0.953, 0.952, 0.955],
                                ],
                            },
                        ],
                    }
                ],
            ],
        },
        {
            "type": "table",
            "columns": [
                {"key": "route", "title": "Route"},
                {"key": "port", "title": "Port"},
                {"key": "containers", "title": "Containers", "format": "number", "total": "sum"},
                {"key": "revenue", "title": "Revenue", "format": "currency", "total": "sum"},
                {
                    "key": "growth",
                    "title": "Growth",
                    "format": "percent",
                    "rules": [{"when": "<", "value": 0, "tone": "bad", "bold": True}],
                },
                {"key": "trend", "title": "By quarter", "format": "sparkline", "width": 70},
            ],
            "groupBy": "route",
            "rows": [
                {
                    "route": "Baltic",
                    "port": "Gdańsk",
                    "containers": 268400,
                    "revenue": 10120000,
                    "growth": 0.081,
                    "trend": [62, 65, 70, 71],
                },
                {
                    "route": "Baltic",
                    "port": "Riga",
                    "containers": 219600,
                    "revenue": 8310000,
                    "growth": 0.043,
                    "trend": [50, 53, 61, 56],
                },
                {
                    "route": "North Sea",
                    "port": "Hamburg",
                    "containers": 410000,
                    "revenue": 16240000,
                    "growth": 0.059,
                    "trend": [96, 104, 101, 109],
                },
                {
                    "route": "Atlantic",
                    "port": "Porto",
                    "containers": 201300,
                    "revenue": 8020000,
                    "growth": -0.018,
                    "trend": [52, 51, 49, 50],
                },
                {
                    "route": "Atlantic",
                    "port": "Brest",
                    "containers": 141200,
                    "revenue": 5560000,
                    "growth": 0.127,
                    "trend": [29, 33, 38, 41],
                },
            ],
        },
        {
            "type": "callout",
            "tone": "bad",
            "title": "To decide",
            "text": "The lease of *berth 4* ends in **March 2027**. Without a decision by 15 January the "
            "Atlantic service loses its only night slot.",
        },
        {"type": "heading", "text": "Where the money went"},
        {
            "type": "columns",
            "columns": [
                {
                    "width": 1.1,
                    "blocks": [
                        {
                            "type": "chart",
                            "kind": "donut",
                            "format": "currency",
                            "labels": ["Crews", "Fuel", "Port fees", "Upkeep", "Other"],
                            "values": [14200000, 11900000, 7300000, 4100000, 2600000],
                        }
                    ],
                },
                {
                    "blocks": [
                        {
                            "type": "list",
                            "items": [
                                "Fuel fell by 6 % as two ships were fitted with shore power",
                                {
                                    "text": "Port fees rose in",
                                    "items": ["Hamburg, by 11 %", "Porto, by 4 %"],
                                },
                                "Upkeep was **on budget**",
                            ],
                        },
                        {
                            "type": "quote",
                            "text": "The quietest winter on the deck in ten years.",
                            "source": "M. Olsen, fleet manager",
                        },
                    ],
                },
            ],
        },
        {"type": "heading", "text": "Particulars", "level": 2},
        {
            "type": "keyValue",
            "columns": 3,
            "items": {"Fleet": "14 ships", "Crew": 412, "Auditor": "Lindqvist & Partner", "Insured": True},
        },
        {
            "type": "code",
            "title": "Reconciliation key",
            "text": "HL-2026-Q4\n  ledger   48,250,000.00\n  banked   48,250,000.00",
        },
        {
            "type": "columns",
            "columns": [
                {
                    "width": 1,
                    "blocks": [
                        {
                            "type": "barcode",
                            "value": "https://harbour-line.example/r/2026",
                            "caption": "Online",
                        }
                    ],
                },
                {
                    "width": 2,
                    "blocks": [
                        {"type": "barcode", "kind": "code128", "value": "HL-2026-Q4"},
                        {"type": "spacer", "height": 6},
                        {"type": "image", "data": PICTURE, "width": 28, "caption": "Fleet mark"},
                    ],
                },
            ],
        },
        {
            "type": "signature",
            "lines": [
                {"name": "M. Olsen", "detail": "Fleet manager"},
                {"name": "A. Lindqvist", "detail": "Auditor"},
            ],
        },
    ],
}
