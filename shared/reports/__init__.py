"""The report types: what data each takes, with an example that renders."""

from shared.reports.catalog import REPORT_TYPES, validate_data
from shared.reports.types import ReportType

__all__ = ["REPORT_TYPES", "ReportType", "validate_data"]
