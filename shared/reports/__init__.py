"""The report types: what data each takes, with an example that renders."""

from shared.reports.catalog import REPORT_TYPES, dataset_uses, validate_data
from shared.reports.types import ReportType

__all__ = ["REPORT_TYPES", "ReportType", "dataset_uses", "validate_data"]
