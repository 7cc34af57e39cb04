"""Where the PDFs and the datasets are kept."""

from shared.storage.datasets import DatasetFolder
from shared.storage.local import LocalStorage
from shared.storage.names import claim_of, job_id_of, report_file_name, scratch_file_name

__all__ = ["DatasetFolder", "LocalStorage", "claim_of", "job_id_of", "report_file_name", "scratch_file_name"]
