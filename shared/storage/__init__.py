"""Where the PDFs and the datasets are kept."""

from shared.storage.datasets import DatasetFolder
from shared.storage.local import LocalStorage
from shared.storage.names import job_id_of, report_file_name

__all__ = ["DatasetFolder", "LocalStorage", "job_id_of", "report_file_name"]
