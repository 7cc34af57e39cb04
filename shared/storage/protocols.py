"""What the services ask of a storage, wherever it keeps its files."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from pathlib import Path
from typing import Protocol

from shared.datasets.model import Dataset


class OldFile(Protocol):
    """A file of ours that was last written some time ago."""

    @property
    def name(self) -> str:
        """As in the storage."""

    @property
    def job_id(self) -> str | None:
        """The job it was made for; None for what no job can name."""

    @property
    def fence(self) -> int:
        """Of the claim it was made under."""

    async def remove_unchanged(self) -> bool:
        """Removes it if nobody has written it since it was listed; whether it did.

        Raises:
            OSError, StorageUnavailable: the storage refused.
        """


class _Storage(Protocol):
    """What both kinds have."""

    @property
    def place(self) -> str:
        """Where the files are, for people to read."""

    @property
    def scratch(self) -> Path:
        """The folder on this host for files that are being made: by render children, by uploads."""

    async def check(self) -> None:
        """Makes what is missing, and writes once.

        Raises:
            OSError, StorageUnavailable: it can't be written.
        """


class ReportStorage(_Storage, Protocol):
    """Keeps PDFs. Each appears whole or not at all, and is checked before it is served."""

    async def publish(self, source: str | Path, file_name: str, *, more_to_come: bool = False) -> None:
        """Takes a finished file over under its name, in a way that survives a power cut; `source` is gone.

        Args:
            source: the file.
            file_name: its name in the storage.
            more_to_come: it may wait a moment for others.

        Raises:
            OSError, StorageFailed: the storage refused.
        """

    async def delete(self, file_name: str) -> None:
        """Removes a file; one that is not there is fine.

        Raises:
            OSError, StorageUnavailable: the storage refused.
        """

    async def read_verified(self, file_name: str, sha256: str) -> Path:
        """The path, on this host, of a file whose bytes have the recorded hash. It is to be opened at once.

        Raises:
            FileMissing: it is not there.
            FileCorrupt: its bytes are not those that were published.
            StorageUnavailable: the storage does not answer.
        """

    def old_files(self, age_seconds: float) -> AsyncGenerator[Sequence[OldFile], None]:
        """Pages of files last written more than `age_seconds` ago. Files that are not ours are passed over.

        Raises:
            OSError, StorageUnavailable: they can't be listed.
        """

    async def jobs_with_files(self) -> list[str]:
        """The jobs of some PDFs, if there are any; raises as `old_files` does."""

    async def volume_name(self) -> str | None:
        """The name that pairs the storage with the records; None when it has none yet. Raises as `check`."""

    async def name_volume(self, name: str) -> None:
        """Writes that name. Raises as `check`."""


class DatasetStorage(_Storage, Protocol):
    """Keeps datasets: the bytes as uploaded, and the record. What can't be done raises as `check` does."""

    def upload_path(self, dataset_id: str) -> Path:
        """Where the bytes of a dataset go while they arrive."""

    async def discard_upload(self, dataset_id: str) -> None:
        """Removes what is there of an upload."""

    async def commit(self, dataset: Dataset) -> None:
        """Makes an uploaded file a dataset, in a way that survives a power cut."""

    async def get(self, dataset_id: str) -> Dataset:
        """The record.

        Raises:
            DatasetMissing: there is none.
        """

    async def name(self, dataset_id: str) -> Dataset:
        """The record, for a report that names the dataset from now on: its age starts anew.

        Raises:
            DatasetMissing: there is none.
        """

    async def last_named_ms(self, dataset_id: str) -> int:
        """When the dataset was uploaded or last named by a report, in epoch milliseconds.

        Raises:
            DatasetMissing: there is none.
        """

    async def hold(self, dataset: Dataset) -> Path:
        """The bytes as a file of this host, which stays until `release`.

        Raises:
            DatasetMissing: they are not there.
            DatasetDamaged: they are not those that were uploaded.
        """

    def release(self, path: Path) -> None:
        """A file from `hold` is no longer needed; each is released as often as it is held."""

    async def delete(self, dataset_id: str) -> None:
        """Removes a dataset.

        Raises:
            DatasetMissing: there is none.
        """

    async def expired(self, before_ms: int) -> list[str]:
        """The datasets that no report has named since that time."""

    async def expire(self, dataset_id: str, before_ms: int) -> bool:
        """Removes a dataset unless a report has named it since that time; whether it did."""

    async def remove_leftovers(self, before_ms: int) -> int:
        """Removes older files without a record, of uploads and removals that were cut off; how many."""
