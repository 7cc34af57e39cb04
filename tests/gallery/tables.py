"""Tables of the gallery that are hard to set."""

from __future__ import annotations

import math
from typing import Any

Data = dict[str, Any]


_WORDS = (
    "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft",
    "Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch Railway Preservation Trust (Anglesey)",
    "Société anonyme d'exploitation des établissements réunis de navigation fluviale et maritime",
    "https://supplier.example/catalogue/2026/autumn/seating/chairs?colour=charcoal&headrest=true&lot=118822",
    "O'Brien, Fitzgerald & Partners",
    "X",
)


def long_names() -> Data:
    """Names of every length, beside numbers that must stay whole."""
    return {
        "summary": "Names of customers as they were entered. Nothing is cut: what is too long is broken.",
        "columns": [
            {"key": "name", "title": "Name of the customer as it stands in the register of companies"},
            {"key": "note", "title": "Note"},
            {"key": "a", "title": "Open amount", "format": "currency", "currency": "EUR", "total": "sum"},
            {"key": "b", "title": "Credit", "format": "currency", "currency": "EUR", "total": "max"},
        ],
        "rows": [
            {
                "name": f"{_WORDS[index % 6]} {index + 1}",
                "note": "\n".join(("Call before delivery.", _WORDS[(index + 3) % 6])[: 1 + index % 2]),
                "a": (-1) ** index * 10 ** (index % 7) * 1.37,
                "b": 987654321.5 if index == 7 else 1250.0 * index,
            }
            for index in range(24)
        ],
    }


def forty_columns() -> Data:
    """More columns than a page is wide."""
    rows = [
        {"Station": f"Station {row + 1:02}", **{f"Day {day + 1}": _wave(row, day) for day in range(39)}}
        for row in range(30)
    ]
    return {"summary": "Forty columns go over sets of pages; the first is repeated on each.", "rows": rows}


def _wave(row: int, day: int) -> float:
    return round(400 + 350 * math.sin(row / 3 + day / 5) + (row * day) % 17, 1)


def one_row_and_none() -> Data:
    """The smallest tables."""
    columns = [
        {"key": "item", "title": "Item"},
        {"key": "amount", "title": "Amount", "format": "currency", "currency": "USD", "total": "sum"},
    ]
    return {
        "title": "One row, and none",
        "blocks": [
            {"type": "heading", "text": "One row"},
            {"type": "table", "columns": columns, "rows": [{"item": "Fee", "amount": 12.5}]},
            {"type": "heading", "text": "No rows"},
            {"type": "table", "columns": columns, "rows": [], "empty": "Nothing was booked in this period."},
            {"type": "heading", "text": "No rows and no columns"},
            {"type": "table", "rows": []},
            {"type": "heading", "text": "A heading with nothing under it"},
        ],
    }


def tall_row() -> Data:
    """A cell that no page can hold."""
    clause = "The parties agree that {0}. Notice of it is given in writing within {1} days. "
    text = "\n\n".join(
        f"§ {n}  " + "".join(clause.format(f"clause {n}.{k} holds", 10 + n + k) for k in range(1, 5))
        for n in range(1, 25)
    )
    return {
        "columns": [
            {"key": "no", "title": "No."},
            {"key": "text", "title": "Text of the agreement"},
            {"key": "state", "title": "State"},
        ],
        "rows": [
            {"no": 1, "text": "Short.", "state": "signed"},
            {"no": 2, "text": text, "state": "open"},
            {"no": 3, "text": "Short again.", "state": "signed"},
        ],
    }


def three_hundred_pages() -> Data:
    """A long table."""
    kinds = ("Transfer", "Card", "Direct debit", "Refund")
    return {
        "columns": [
            {"key": "0", "title": "No.", "format": "number"},
            {"key": "1", "title": "Booked", "format": "date"},
            {"key": "2", "title": "Kind"},
            {"key": "3", "title": "Reference"},
            {"key": "4", "title": "Amount", "format": "currency", "currency": "EUR", "total": "sum"},
        ],
        "rows": [
            [
                index + 1,
                f"2026-{index // 1000 % 12 + 1:02}-{index % 28 + 1:02}",
                kinds[index * 7 % 4],
                f"REF-{index * 7919 % 1_000_003:07}",
                round(math.sin(index) * 4000 + 3500, 2),
            ]
            for index in range(11_390)
        ],
    }


def nested_groups() -> Data:
    """Three levels of groups over pages, rules and sparklines."""
    regions = ("North", "South", "East")
    rows = [
        {
            "region": region,
            "country": f"Country {region[0]}{country}",
            "branch": f"Branch {branch}",
            "shop": f"Shop {region[0]}{country}{branch}{shop}",
            "sales": 1000 * (country + 1) * (branch + 2) + shop * 137,
            "margin": round(((country * 7 + branch * 5 + shop * 3) % 23 - 5) / 50, 3),
            "trend": [((country + branch) * week * 7 + shop * 11) % 19 + week for week in range(9)],
        }
        for region in regions
        for country in range(2)
        for branch in range(2)
        for shop in range(3 + branch * 2)
    ]
    return {
        "columns": [
            {"key": "region"},
            {"key": "country"},
            {"key": "branch"},
            {"key": "shop", "title": "Shop"},
            {"key": "sales", "title": "Sales", "format": "currency", "currency": "EUR", "total": "sum"},
            {
                "key": "margin",
                "title": "Margin",
                "format": "percent",
                "total": "avg",
                "rules": [
                    {"when": "<", "value": 0, "tone": "bad", "bold": True, "fill": True},
                    {"when": ">=", "value": 0.3, "tone": "good", "fill": True},
                ],
            },
            {"key": "trend", "title": "Nine weeks", "format": "sparkline", "width": 80},
        ],
        "groupBy": ["region", "country", "branch"],
        "rows": rows,
    }
