"""Awkward documents: name → (report type, data, what it shows). All of them are made up."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from shared.reports.document.example import PICTURE
from tests.gallery.charts import chart_edges, dense_charts
from tests.gallery.right_to_left import right_to_left
from tests.gallery.tables import (
    forty_columns,
    long_names,
    nested_groups,
    one_row_and_none,
    tall_row,
    three_hundred_pages,
)

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
    Awkward("right-to-left", "document", right_to_left, "A document that runs from right to left"),
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
