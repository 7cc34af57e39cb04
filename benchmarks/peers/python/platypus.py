"""The sales report by reportlab's platypus, as most Python services would write it."""

from __future__ import annotations

from typing import Any

from reportlab.graphics.charts.barcharts import VerticalBarChart
from reportlab.graphics.shapes import Drawing
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import getSampleStyleSheet
from reportlab.platypus import LongTable, Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

_STYLES = getSampleStyleSheet()
_HEAD = ("Product", "SKU", "Category", "Quantity", "Price", "Amount")
_LOOK = TableStyle(
    [
        ("FONTNAME", (0, 0), (-1, 0), "Helvetica-Bold"),
        ("BACKGROUND", (0, 0), (-1, 0), colors.HexColor("#dfe7f1")),
        ("LINEBELOW", (0, 0), (-1, -1), 0.4, colors.HexColor("#cccccc")),
        ("ALIGN", (3, 0), (-1, -1), "RIGHT"),
        ("FONTSIZE", (0, 0), (-1, -1), 9),
    ]
)


def render(body: dict[str, Any], target: str) -> None:
    """Writes the report."""
    data = body["data"]
    story = [
        Paragraph(body["title"], _STYLES["Title"]),
        Paragraph(data["period"], _STYLES["Normal"]),
        Paragraph(data["summary"], _STYLES["Normal"]),
        Spacer(1, 8),
        Table(_metrics(data)),
        *_chart("By month", data["byMonth"]),
        *_chart("By region", data["byRegion"]),
        LongTable(_rows(data), colWidths=(162, 60, 75, 65, 65, 72), rowHeights=17, repeatRows=1, style=_LOOK),
        Paragraph(data["notes"], _STYLES["Normal"]),
    ]
    SimpleDocTemplate(target, pagesize=A4).build(story, onFirstPage=_footer, onLaterPages=_footer)


def _metrics(data: dict[str, Any]) -> list[list[str]]:
    values = (data["revenue"], data["target"], data["orders"], data["newCustomers"])
    return [["Revenue", "Target", "Orders", "New customers"], [f"{value:,}" for value in values]]


def _chart(title: str, points: list[dict[str, Any]]) -> list[Any]:
    chart = VerticalBarChart()
    chart.x, chart.y, chart.width, chart.height = 40, 20, 400, 80
    chart.data = [[point["value"] for point in points]]
    chart.categoryAxis.categoryNames = [point["label"] for point in points]
    drawing = Drawing(460, 115)
    drawing.add(chart)
    return [Paragraph(title, _STYLES["Heading2"]), drawing]


def _rows(data: dict[str, Any]) -> list[list[str]]:
    rows = [
        [
            *(item["name"], item["sku"], item["category"], f"{item['quantity']:,}"),
            *(f"{item['price']:,.2f}", f"{item['quantity'] * item['price']:,.2f}"),
        ]
        for item in data["products"]
    ]
    quantity = sum(item["quantity"] for item in data["products"])
    amount = sum(item["quantity"] * item["price"] for item in data["products"])
    return [list(_HEAD), *rows, ["Total", "", "", f"{quantity:,}", "", f"{amount:,.2f}"]]


def _footer(canvas: Any, _document: Any) -> None:
    canvas.setFont("Helvetica", 8)
    canvas.drawString(48, 24, f"Page {canvas.getPageNumber()}")
