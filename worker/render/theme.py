"""How reports look: sizes in points, colours as PDF operands (red green blue, 0 to 1)."""

from __future__ import annotations

A4 = (595.28, 841.89)
MARGIN = 48.0
#: from the page's top edge to the first line of content, after the first page
TOP = 62.0
BOTTOM = 54.0

INK = "0.11 0.13 0.17"
MUTED = "0.42 0.46 0.52"
RULE = "0.84 0.86 0.89"
ZEBRA = "0.965 0.972 0.982"
CARD = "0.957 0.967 0.982"
ACCENT = "0.106 0.302 0.541"
WHITE = "1 1 1"
GOOD = "0.05 0.45 0.27"
BAD = "0.72 0.15 0.16"
TONES = {"good": GOOD, "bad": BAD, "flat": MUTED}
TINTS = {"good": "0.925 0.968 0.941", "bad": "0.988 0.937 0.933", "flat": CARD}
#: series of a chart, in order
PALETTE = (
    ACCENT,
    "0.878 0.478 0.157",
    "0.196 0.580 0.549",
    "0.545 0.349 0.612",
    "0.800 0.275 0.365",
    "0.561 0.576 0.200",
)

TITLE_SIZE = 22.0
HEADING_SIZE = 12.5
BODY_SIZE = 9.5
SMALL_SIZE = 7.5
#: line height by type size
LEADING = 1.42
#: space between two blocks
GAP = 14.0
