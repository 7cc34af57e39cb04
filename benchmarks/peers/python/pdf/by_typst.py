"""Typst: the data goes in as JSON, the template formats it."""

from __future__ import annotations

import json
from typing import Any

import typst

from benchmarks.peers.python.pdf import BAR, HEAD_COLOR, ZEBRA, is_right, shown

_TEMPLATE = f"""
#set page(paper: "a4", margin: 40pt, footer: context [Page #counter(page).display()])
#set text(size: 10pt)
#let document = json(bytes(sys.inputs.document))
#let bars(chart) = block(breakable: false, width: 100%, height: 120pt, {{
  let highest = calc.max(..chart.values)
  let step = 515pt / chart.values.len()
  for (n, value) in chart.values.enumerate() {{
    let height = 80pt * value / highest
    place(top + left, dx: n * step + 3pt, dy: 100pt - height, rect(width: step - 6pt, height: height, fill: rgb("{BAR}")))
    place(top + left, dx: n * step + 3pt, dy: 92pt - height, text(7pt, chart.shown.at(n)))
    place(top + left, dx: n * step + 3pt, dy: 104pt, text(7pt, chart.labels.at(n)))
  }}
}})
#let grid-of(content) = {{
  set text(8.5pt)
  table(
    columns: content.head.len() * (1fr,), rows: 15pt, stroke: none, inset: 3pt,
    align: content.right.map(right-one => if right-one {{ right }} else {{ left }}),
    fill: (_, y) => if y == 0 {{ rgb("{HEAD_COLOR}") }} else if calc.even(y) {{ rgb("{ZEBRA}") }},
    table.header(..content.head.map(strong)), ..content.cells,
  )
}}
= #document.title
#for block in document.blocks {{
  if "text" in block {{ par(block.text) }}
  if "heading" in block {{ heading(level: 2, block.heading) }}
  if "bars" in block {{ bars(block.bars) }}
  if "table" in block {{ grid-of(block.table) }}
}}
"""


def render(document: dict[str, Any], target: str) -> None:
    """Writes the document."""
    given = {"title": document["title"], "blocks": [_ready(block) for block in document["blocks"]]}
    typst.compile(_TEMPLATE.encode(), output=target, sys_inputs={"document": json.dumps(given)})


def _ready(block: dict[str, Any]) -> dict[str, Any]:
    """The block with its values as texts: Typst has no way to group digits."""
    if chart := block.get("bars"):
        return {"bars": {**chart, "shown": [f"{value:,}" for value in chart["values"]]}}
    if content := block.get("table"):
        formats = content["formats"]
        cells = [cell for row in content["rows"] for cell in shown(row, formats)]
        return {"table": {"head": content["head"], "right": [*map(is_right, formats)], "cells": cells}}
    return block
