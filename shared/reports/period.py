"""What the inherited types share."""

from __future__ import annotations

from shared.reports.fields import Name, Revenue, Text
from shared.reports.presentation import Presented


class PeriodReport(Presented):
    """`{period, revenue}` alone is a whole report."""

    #: what the report covers, as it is to be printed: "Q3 2026"
    period: Name
    #: None when it was sent as an empty string
    revenue: Revenue
    #: a paragraph under the title
    summary: Text | None = None
    #: a paragraph at the end
    notes: Text | None = None
