"""Which datasets a job's render child may read."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from pathlib import Path

from shared.datasets.model import DATASET_ID
from shared.errors import ValidationFailed
from shared.queue.payload import read_options
from shared.reports import REPORT_TYPES, validate_data
from shared.storage import DatasetStorage
from worker.children.protocol import DatasetFile


def may_name_datasets(payload: bytes) -> bool:
    """Most jobs name none, which their payload tells at once."""
    return b'"dataset"' in payload


async def named_datasets(payload: bytes, folder: DatasetStorage) -> tuple[DatasetFile, ...]:
    """The datasets that a payload's report names, each with its record; they stay until `release`.

    Raises:
        DatasetMissing: one was deleted since the job was taken in.
        DatasetDamaged, StorageUnavailable: one can't be had.
    """
    ids = await asyncio.to_thread(_ids, payload)
    held: list[DatasetFile] = []
    try:
        for dataset_id in ids:
            record = await folder.get(dataset_id)
            held.append(DatasetFile(str(await folder.hold(record)), record.to_json()))
    except BaseException:
        release(held, folder)
        raise
    return tuple(held)


def release(files: Iterable[DatasetFile], folder: DatasetStorage) -> None:
    """No child needs these files any more."""
    for file in files:
        folder.release(Path(file.path))


def _ids(payload: bytes) -> list[str]:
    try:
        options = read_options(payload)
        data = validate_data(options.report_type, options.data)
    except ValidationFailed:
        # the child says what is wrong with it
        return []
    named = (use.dataset_id for use in REPORT_TYPES[options.report_type].datasets(data))
    return [dataset_id for dataset_id in dict.fromkeys(named) if DATASET_ID.fullmatch(dataset_id)]
