"""The `test` report: a page that shows that the whole path works, from the request to the printed glyph."""

from __future__ import annotations

from collections.abc import Iterator

from shared.reports.blocks import (
    Block,
    Callout,
    Chart,
    ChartSeries,
    Column,
    Heading,
    Metric,
    Metrics,
    Paragraph,
    Table,
)
from shared.reports.extras import further_data, notes
from shared.reports.fields import Text
from shared.reports.period import PeriodReport
from shared.reports.types import ReportType


class TestData(PeriodReport):
    """Data of a test report."""

    __test__ = False

    message: Text | None = None


_SAMPLES = (
    ("Latin", "Straße, façade, Łódź, İstanbul, „quotes“ and ‘quotes’ – 1,234.56 €"),
    ("Greek", "Ξεσκεπάζω την ψυχοφθόρα βδελυγμία"),
    ("Cyrillic", "Съешь же ещё этих мягких французских булок"),
)


def _blocks(data: TestData) -> Iterator[Block]:
    say = data.formats.say
    yield Callout(data.message or say("test.works"), "good")
    if data.summary:
        yield Paragraph(data.summary)
    revenue = "–" if data.revenue is None else data.formats.brief_money(data.revenue, data.currency)
    yield Metrics((Metric(say("test.period"), data.period), Metric(say("revenue"), revenue)))
    yield Heading(say("test.chart"))
    values = (3.0, 5.0, 4.0, 7.0, 6.0, 9.0, 8.0, 11.0)
    yield Chart("columns", tuple("ABCDEFGH"), (ChartSeries(say("test.sample"), values),))
    yield Heading(say("test.table"))
    columns = (Column(say("test.script"), "text"), Column(say("test.sample"), "text"))
    yield Table(columns, _SAMPLES, len(_SAMPLES), counted=False)
    yield from notes(data.notes)
    yield from further_data(data)


REPORT = ReportType(
    name="test",
    title="Test report",
    description="A page that shows that the whole path works: your data, a chart, a table, and sample text.",
    model=TestData,
    example={"period": "2026-09", "revenue": "", "message": "Hello from Pressroom."},
    blocks=_blocks,
    subtitle=lambda data: data.period,
)
