"""Where the PDFs and the datasets are kept."""

from shared.storage.datasets import DatasetFolder
from shared.storage.local import LocalStorage
from shared.storage.names import claim_of, job_id_of, report_file_name, scratch_file_name
from shared.storage.protocols import DatasetStorage, OldFile, ReportStorage

__all__ = [
    "DatasetFolder",
    "DatasetStorage",
    "LocalStorage",
    "OldFile",
    "ReportStorage",
    "claim_of",
    "job_id_of",
    "report_file_name",
    "scratch_file_name",
]
