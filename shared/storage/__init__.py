"""Where the PDFs are kept."""

from shared.storage.local import LocalStorage
from shared.storage.names import job_id_of, report_file_name

__all__ = ["LocalStorage", "job_id_of", "report_file_name"]
