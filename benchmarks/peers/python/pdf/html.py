"""The document as HTML, for WeasyPrint and Chromium."""

from __future__ import annotations

from html import escape
from typing import Any

from benchmarks.peers.python.pdf import BAR, HEAD_COLOR, ZEBRA, is_right, shown

_STYLE = f"""@page{{size:A4;margin:40pt;@bottom-left{{content:"Page " counter(page);font:8pt sans-serif}}}}
body{{font:10pt Helvetica,Arial,sans-serif;margin:0}}table{{width:100%;border-collapse:collapse;table-layout:fixed}}
th,td{{font-size:8.5pt;height:15pt;padding:0 2pt;text-align:left;white-space:nowrap}}th{{background:{HEAD_COLOR}}}
tbody tr:nth-child(even){{background:{ZEBRA}}}.r{{text-align:right}}svg{{break-inside:avoid;display:block}}"""


def page_of(document: dict[str, Any]) -> str:
    """The whole page."""
    parts = [f"<h1>{escape(document['title'])}</h1>"]
    for block in document["blocks"]:
        ((kind, content),) = block.items()
        parts.append(_MAKERS[kind](content))
    return f'<!doctype html><meta charset="utf-8"><style>{_STYLE}</style>{"".join(parts)}'


def _bars(chart: dict[str, Any]) -> str:
    highest, step = max(chart["values"]), 515 / len(chart["values"])
    drawn = []
    for n, (label, value) in enumerate(zip(chart["labels"], chart["values"], strict=True)):
        height, x = 80 * value / highest, n * step + 3
        drawn.append(
            f'<rect x="{x:.1f}" y="{100 - height:.1f}" width="{step - 6:.1f}" height="{height:.1f}" fill="{BAR}"/>'
            f'<text x="{x:.1f}" y="{97 - height:.1f}">{value:,}</text>'
            f'<text x="{x:.1f}" y="110">{escape(label)}</text>'
        )
    return f'<svg width="515pt" height="120pt" viewBox="0 0 515 120" font-size="7">{"".join(drawn)}</svg>'


def _table(content: dict[str, Any]) -> str:
    formats = content["formats"]
    right = [' class="r"' if is_right(how) else "" for how in formats]
    head = "".join(
        f"<th{mark}>{escape(cell)}</th>" for cell, mark in zip(content["head"], right, strict=True)
    )
    rows = [
        "".join(
            f"<td{mark}>{escape(cell)}</td>" for cell, mark in zip(shown(row, formats), right, strict=True)
        )
        for row in content["rows"]
    ]
    return f"<table><thead><tr>{head}</tr></thead><tbody><tr>{'</tr><tr>'.join(rows)}</tr></tbody></table>"


_MAKERS: dict[str, Any] = {
    "text": lambda text: f"<p>{escape(text)}</p>",
    "heading": lambda text: f"<h2>{escape(text)}</h2>",
    "bars": _bars,
    "table": _table,
}
