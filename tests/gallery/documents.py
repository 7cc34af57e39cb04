"""Twelve awkward documents: name → (report type, data, what it shows). All of them are made up."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from shared.reports.document.example import PICTURE
from tests.gallery.charts import chart_edges, dense_charts

Data = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Awkward:
    """One document of the gallery."""

    name: str
    report_type: str
    make: Callable[[], Data]
    caption: str
    #: pages of which there is a picture
    pages: tuple[int, ...] = (1,)


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


def mixed_scripts() -> Data:
    """Scripts from left to right and from right to left, in text and in cells."""
    samples = [
        ("Latin", "Straße, façade, Łódź, İstanbul, Þingvellir, Đà Nẵng"),
        ("Greek", "Ξεσκεπάζω την ψυχοφθόρα βδελυγμία"),
        ("Cyrillic", "Съешь же ещё этих мягких французских булок"),
        ("Hebrew", "דג סקרן שט בים מאוכזב ולפתע מצא חברה"),
        ("Arabic", "نص حكيم له سر قاطع وذو شأن عظيم"),
        ("Japanese", "いろはにほへと ちりぬるを 東京都港区"),
        ("Chinese", "天地玄黃，宇宙洪荒。日月盈昃，辰宿列張。"),
        ("Korean", "키스의 고유조건은 입술끼리 만나야 하고"),
        ("Thai", "เป็นมนุษย์สุดประเสริฐเลิศคุณค่า"),
        ("Devanagari", "ऋषियों को सताने वाले दुष्ट राक्षसों"),
        ("Signs", "√2 ≈ 1.414 · ∑ ∫ ≠ ≤ → ⇒ ★ ☎ ✓ ♫ €£¥₹₿"),
        ("Mixed", "The word שלום means peace; السلام too (2026)."),
    ]
    return {
        "title": "One document, many scripts",
        "subtitle": "Ελληνικά · Русский · עברית · العربية · 日本語 · 한국어 · ไทย",
        "blocks": [
            {"type": "paragraph", "text": "Each sample stands in running text and in a cell of the table."},
            {
                "type": "list",
                "items": [sample for _, sample in samples[:6]],
            },
            {
                "type": "table",
                "columns": [{"key": "script", "title": "Script"}, {"key": "sample", "title": "Sample"}],
                "rows": [{"script": script, "sample": sample} for script, sample in samples],
            },
            {"type": "callout", "title": "עברית", "text": "שלום עולם: 123 (א, ב, ג)"},
            {"type": "quote", "text": "千里の道も一歩から", "source": "老子"},
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


def house_style() -> Data:
    """Everything around the content is the company's own."""
    paragraph = (
        "Die **Wärmeabgabe** lag im dritten Quartal *unter Plan*, der Strombezug darüber. "
        "Die Ursache sind zwei Revisionen, die in den August vorgezogen wurden. "
    )
    blocks: list[Data] = []
    for number, name in enumerate(("Lage", "Erzeugung", "Netze", "Kunden", "Ausblick"), 1):
        blocks += [
            {"type": "heading", "text": f"{number}  {name}"},
            {"type": "paragraph", "text": paragraph * (2 + number % 3)},
            {"type": "heading", "level": 2, "text": f"{number}.1  Zahlen"},
            {
                "type": "columns",
                "columns": [
                    [
                        {
                            "type": "chart",
                            "kind": "bar",
                            "title": "Absatz in GWh",
                            "labels": ["Apr", "Mai", "Jun", "Jul", "Aug", "Sep"],
                            "values": [81.5, 64.2, 40.8, 33.1 * number / 3, 35.9, 58.4],
                        }
                    ],
                    [
                        {
                            "type": "table",
                            "columns": [
                                {"key": "k", "title": "Posten"},
                                {"key": "v", "title": "Betrag", "format": "currency", "total": "sum"},
                            ],
                            "rows": [
                                {"k": "Erlöse", "v": 1234567.8 * number},
                                {"k": "Brennstoff", "v": -456789.1},
                                {"k": "Personal", "v": -98765.43},
                            ],
                        }
                    ],
                ],
            },
        ]
    return {
        "title": "Quartalsbericht",
        "subtitle": "Stadtwerke Musterhausen, 3. Quartal 2026",
        "author": "Stadtwerke Musterhausen",
        "locale": "de-DE",
        "currency": "EUR",
        "page": {"size": "A4", "margins": {"left": 60, "right": 60, "top": 70}},
        "header": {"left": "Stadtwerke Musterhausen", "right": "{title}"},
        "footer": {"left": "Stand {date}", "center": "Vertraulich", "right": "Seite {page} von {pages}"},
        "watermark": "Entwurf",
        "toc": {"title": "Inhalt"},
        "theme": {
            "colours": {"accent": "#0f6b5c", "palette": ["#0f6b5c", "#d98e2b", "#5b7fb4", "#8a4f7d"]},
            "logo": PICTURE,
        },
        "blocks": blocks,
    }


def many_locales() -> Data:
    """The same values in one table per locale; this document itself is in Indian English."""
    return {
        "title": "Statement of account",
        "subtitle": "Numbers, dates and currencies of en-IN",
        "locale": "en-IN",
        "currency": "INR",
        "page": {"size": "Letter"},
        "blocks": [
            {
                "type": "metrics",
                "items": [
                    {"label": "Balance", "value": 123456789.5, "format": "currency"},
                    {"label": "Rate", "value": 0.07125, "format": "percent", "decimals": 2},
                    {"label": "Change", "value": 4210000, "previous": 3900000, "format": "currency"},
                ],
            },
            {
                "type": "table",
                "columns": [
                    {"key": "date", "title": "Date", "format": "date"},
                    {"key": "text", "title": "Particulars"},
                    {"key": "inr", "title": "Rupees", "format": "currency", "total": "sum"},
                    {"key": "jpy", "title": "Yen", "format": "currency", "currency": "JPY"},
                    {"key": "kwd", "title": "Dinars", "format": "currency", "currency": "KWD"},
                    {"key": "share", "title": "Share", "format": "percent"},
                ],
                "rows": [
                    {
                        "date": f"2026-{month:02}-15",
                        "text": ("Rent", "Salary", "Interest", "Repayment")[month % 4],
                        "inr": (-1) ** month * 1234567.25 * month,
                        "jpy": 98000 * month,
                        "kwd": 12.345 * month,
                        "share": month / 78,
                    }
                    for month in range(1, 13)
                ],
            },
            {
                "type": "chart",
                "kind": "line",
                "title": "Balance by month",
                "format": "currency",
                "labels": [
                    "Jan",
                    "Feb",
                    "Mar",
                    "Apr",
                    "May",
                    "Jun",
                    "Jul",
                    "Aug",
                    "Sep",
                    "Oct",
                    "Nov",
                    "Dec",
                ],
                "values": [1e7 * (3 + math.sin(month)) for month in range(12)],
            },
        ],
    }


def every_width() -> Data:
    """A turned small page with long words, nested lists and code that is wider than the frame."""
    return {
        "title": "Runbook: restoring the ledger",
        "page": {"size": "A5", "orientation": "landscape", "margins": 36},
        "toc": True,
        "blocks": [
            {"type": "heading", "text": "Before you start"},
            {
                "type": "list",
                "ordered": True,
                "start": 98,
                "items": [
                    "Announce the work in **#operations**, with a [link to the plan](https://status.example/plan)",
                    {
                        "text": "Take a snapshot of",
                        "items": [
                            "the ledger",
                            {
                                "text": "the queue, that is",
                                "items": ["`ready`", {"text": "`late`", "items": ["all of it"]}],
                            },
                        ],
                    },
                    "Write down " + "a very long reason " * 9,
                ],
            },
            {"type": "heading", "text": "Restore"},
            {
                "type": "code",
                "title": "On the standby",
                "text": "pg_restore --clean --if-exists --jobs=4 --dbname=ledger "
                "--exclude-schema=audit_2019,audit_2020,audit_2021,audit_2022 /srv/backup/ledger.dump\n"
                "\tif [ $? -ne 0 ]; then\n\t\techo 'failed' >&2\n\tfi",
            },
            {
                "type": "columns",
                "columns": [
                    [{"type": "callout", "tone": "bad", "text": "Stop here when **lag** is above `30 s`."}],
                    [
                        {
                            "type": "callout",
                            "tone": "good",
                            "text": "Below it, go on: the switch takes a minute.",
                        }
                    ],
                    [{"type": "barcode", "kind": "ean13", "value": "400638133393", "caption": "Tape"}],
                ],
            },
            {"type": "quote", "text": "Slow is smooth, and smooth is fast.", "source": "written on the rack"},
            {"type": "pageBreak", "orientation": "portrait"},
            {"type": "heading", "text": "Sign-off"},
            {"type": "signature", "lines": ["Operator", "Witness", "On call", "Auditor"]},
        ],
    }


AWKWARD = (
    Awkward("long-names", "table", long_names, "Long names and words, and numbers that stay whole"),
    Awkward("forty-columns", "table", forty_columns, "Forty columns over sets of pages", (1, 2)),
    Awkward("one-row-and-none", "document", one_row_and_none, "One row, no rows, no columns"),
    Awkward("mixed-scripts", "document", mixed_scripts, "Scripts in both directions"),
    Awkward("tall-row", "table", tall_row, "A row that is taller than a page", (1, 2)),
    Awkward("three-hundred-pages", "table", three_hundred_pages, "A table of 300 pages", (300,)),
    Awkward("nested-groups", "table", nested_groups, "Groups in three levels, rules, sparklines", (1, 2)),
    Awkward("dense-charts", "document", dense_charts, "200 categories, 12 series, long labels", (1, 2)),
    Awkward("chart-edges", "document", chart_edges, "Zeros, gaps, negatives, one point, all equal", (1, 2)),
    Awkward(
        "house-style", "document", house_style, "A company's own colours, furniture and language", (1, 2)
    ),
    Awkward("many-locales", "document", many_locales, "Lakhs and crores, yen and dinars"),
    Awkward(
        "small-and-turned", "document", every_width, "Small turned pages, nested lists, wide code", (1, 3)
    ),
)
