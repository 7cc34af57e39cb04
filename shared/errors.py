"""The one error tree. Each web app maps it to HTTP in one place: `shared.http.problems`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


class PressroomError(Exception):
    """Base of every error that Pressroom raises on purpose."""


@dataclass(frozen=True, slots=True)
class FieldError:
    """One wrong field of some input."""

    #: dotted path from the body's root, list indexes included: `data.rows.3.price`
    path: str
    #: what is wrong with it, for the person who sent it
    message: str


class ValidationFailed(PressroomError):
    """Input that can never succeed as it is; not retried."""

    def __init__(self, errors: Iterable[FieldError]) -> None:
        self.errors: tuple[FieldError, ...] = tuple(errors)
        super().__init__("; ".join(f"{error.path}: {error.message}" for error in self.errors))


class MalformedBody(PressroomError):
    """A request body that is not JSON at all."""


class PayloadTooLarge(PressroomError):
    """A request body over the size limit."""

    def __init__(self, limit_bytes: int) -> None:
        self.limit_bytes = limit_bytes
        super().__init__(f"the body is larger than the limit of {limit_bytes:,} bytes")


class Forbidden(PressroomError):
    """The caller is known, but their role does not allow this."""


class SettingsError(PressroomError):
    """The environment holds settings that make no sense; the text names each of them."""


class QueueError(PressroomError):
    """Base of what the queue answers."""


class QueueUnavailable(QueueError):
    """Redis can't be reached or refuses to write; the same call may succeed later."""


class JobNotFound(QueueError):
    """No job has this id."""

    def __init__(self, job_id: str) -> None:
        self.job_id = job_id
        super().__init__(f"no job has the id {job_id!r}")


class IllegalTransition(QueueError):
    """The job is in a state from which the action is not allowed."""

    def __init__(self, job_id: str, state: str, action: str) -> None:
        self.job_id, self.state, self.action = job_id, state, action
        super().__init__(f"job {job_id} is {state}: it can't be {action}")


class IdempotencyConflict(QueueError):
    """The idempotency key was used before with another body."""

    def __init__(self, job_id: str) -> None:
        self.job_id = job_id
        super().__init__(f"this Idempotency-Key belongs to job {job_id}, which was made from another body")


class LeaseLost(QueueError):
    """A write named a fence that is no longer the job's; nothing was changed."""

    def __init__(self, job_id: str, fence: int, state: str = "") -> None:
        self.job_id, self.fence = job_id, fence
        #: the job's state then; empty when it is not known
        self.state = state
        super().__init__(f"fence {fence} of job {job_id} is stale")


class RecordDamaged(PressroomError):
    """A job's record lacks what it needs to run: somebody changed it by hand."""

    def __init__(self, field: str) -> None:
        super().__init__(f"the job's record is damaged: {field}")


class StorageError(PressroomError):
    """Base of what the file storage answers."""


class FileMissing(StorageError):
    """A file that a job's record names is not in the storage."""

    def __init__(self, file_name: str) -> None:
        self.file_name = file_name
        super().__init__(f"the file {file_name} is not in the storage")


class FileCorrupt(StorageError):
    """A stored file's bytes do not have the recorded sha256."""

    def __init__(self, file_name: str) -> None:
        self.file_name = file_name
        super().__init__(f"the file {file_name} does not match its recorded checksum and is not served")


class StorageFull(StorageError):
    """There is no room for what is to be stored."""


class StorageUnavailable(StorageError):
    """The storage can't be reached or refuses; the same call may succeed later."""

    retryable = True


class DatasetMissing(StorageError):
    """No dataset has this id: it never did, was deleted, or its time was over."""

    def __init__(self, dataset_id: str) -> None:
        self.dataset_id = dataset_id
        super().__init__(f"there is no dataset {dataset_id}: it was deleted, or its retention ended")


class DatasetDamaged(StorageError):
    """A stored dataset is not what was recorded when it was taken in."""

    def __init__(self, dataset_id: str) -> None:
        self.dataset_id = dataset_id
        super().__init__(
            f"the stored dataset {dataset_id} does not match its recorded checksum and row count"
        )


class UploadsBusy(PressroomError):
    """As many datasets are being uploaded as may be at a time."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"{limit} datasets are being uploaded now, and no more may be at a time")


class UploadTooSlow(PressroomError):
    """A client stopped sending in the middle of an upload."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"nothing arrived for {seconds:g} s; the upload was dropped")


class StorageFailed(StorageError):
    """The storage did not take a file: full, read-only, broken. It may take it later."""

    retryable = True

    def __init__(self, error: OSError | StorageUnavailable) -> None:
        reason = error.strerror if isinstance(error, OSError) else None
        super().__init__(f"the PDF could not be stored: {reason or error}")


class RenderFailed(PressroomError):
    """Base of a render that ended without a PDF."""

    #: the job may succeed when it is run again
    retryable = False


class PageLimitExceeded(RenderFailed):
    """The report would have more pages than the job may have."""

    def __init__(self, max_pages: int) -> None:
        self.max_pages = max_pages
        super().__init__(f"the report needs more than the limit of {max_pages:,} pages")


class RowLimitExceeded(RenderFailed):
    """The report has more rows than a job may have."""

    def __init__(self, max_rows: int) -> None:
        self.max_rows = max_rows
        super().__init__(f"the report has more rows than the limit of {max_rows:,}")


class RenderCpuExceeded(RenderFailed):
    """The render used more processor time than a job may use."""

    def __init__(self, limit_seconds: float) -> None:
        self.limit_seconds = limit_seconds
        super().__init__(f"the render used more than the limit of {limit_seconds:g} s of processor time")


class RowsMismatch(RenderFailed):
    """Fewer or more rows came out than went in."""

    def __init__(self, received: int, rendered: int) -> None:
        self.received, self.rendered = received, rendered
        super().__init__(f"{received:,} rows were received and {rendered:,} rendered")


class ControlTotalMismatch(RenderFailed):
    """A column's total on the page is not that of the values that came in."""

    def __init__(self, column: str, received: str, rendered: str) -> None:
        self.column = column
        super().__init__(f"control total of {column}: {received} were received, {rendered} rendered")


class RenderTimeout(RenderFailed):
    """The render took longer than the job's `timeoutSeconds`; its child was killed."""

    retryable = True

    def __init__(self, timeout_seconds: float) -> None:
        self.timeout_seconds = timeout_seconds
        super().__init__(f"the render took longer than {timeout_seconds:g} s and was stopped")


class RenderOutOfMemory(RenderFailed):
    """The render needed more memory than a child may have."""

    def __init__(self, limit_mb: int) -> None:
        self.limit_mb = limit_mb
        super().__init__(f"the render needed more than the limit of {limit_mb:,} MB of memory")


class RenderChildDied(RenderFailed):
    """The render child ended without an answer (crash, kill)."""

    retryable = True

    def __init__(self, reason: str, *, detail: str = "") -> None:
        #: what the child said before it ended: a native stack, a traceback
        self.detail = detail
        super().__init__(reason)
