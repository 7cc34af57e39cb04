"""reportlab's platypus, with fixed widths and heights, which is the fastest way through it."""

from __future__ import annotations

from typing import Any

from reportlab.graphics.charts.barcharts import VerticalBarChart
from reportlab.graphics.shapes import Drawing
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import getSampleStyleSheet
from reportlab.platypus import LongTable, Paragraph, SimpleDocTemplate
from reportlab.rl_config import canvas_basefontname

from benchmarks.peers.python.pdf import BAR, CHART, HEAD_COLOR, MARGIN, ROW, WIDTH, ZEBRA, is_right, shown

_STYLES = getSampleStyleSheet()


def render(document: dict[str, Any], target: str) -> None:
    """Writes the document."""
    story = [Paragraph(document["title"], _STYLES["Title"])]
    for block in document["blocks"]:
        ((kind, content),) = block.items()
        story.append(_MAKERS[kind](content))
    template = SimpleDocTemplate(target, pagesize=A4, leftMargin=MARGIN, rightMargin=MARGIN)
    template.build(story, onFirstPage=_footer, onLaterPages=_footer)


def _bars(chart: dict[str, Any]) -> Drawing:
    bars = VerticalBarChart()
    bars.x, bars.y, bars.width, bars.height = 40, 20, WIDTH - 2 * MARGIN - 60, CHART - 40
    bars.data = [chart["values"]]
    bars.categoryAxis.categoryNames = chart["labels"]
    bars.bars[0].fillColor = colors.HexColor(BAR)
    drawing = Drawing(WIDTH - 2 * MARGIN - 12, CHART)
    drawing.add(bars)
    return drawing


def _table(content: dict[str, Any]) -> LongTable:
    formats = content["formats"]
    cells = [content["head"], *(shown(row, formats) for row in content["rows"])]
    look: list[Any] = [
        ("FONTNAME", (0, 0), (-1, 0), f"{canvas_basefontname}-Bold"),
        ("FONTSIZE", (0, 0), (-1, -1), 8.5),
        ("BACKGROUND", (0, 0), (-1, 0), colors.HexColor(HEAD_COLOR)),
        ("ROWBACKGROUNDS", (0, 1), (-1, -1), [colors.white, colors.HexColor(ZEBRA)]),
        *(("ALIGN", (n, 0), (n, -1), "RIGHT") for n, how in enumerate(formats) if is_right(how)),
    ]
    width = (WIDTH - 2 * MARGIN - 12) / len(formats)
    return LongTable(cells, colWidths=width, rowHeights=ROW, repeatRows=1, style=look)


def _footer(canvas: Any, _document: Any) -> None:
    canvas.setFont(canvas_basefontname, 8)
    canvas.drawString(MARGIN, 24, f"Page {canvas.getPageNumber()}")


_MAKERS: dict[str, Any] = {
    "text": lambda text: Paragraph(text, _STYLES["Normal"]),
    "heading": lambda text: Paragraph(text, _STYLES["Heading2"]),
    "bars": _bars,
    "table": _table,
}
