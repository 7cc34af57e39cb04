"""Which datasets a job's render child may read."""

from __future__ import annotations

import asyncio

from shared.datasets.model import DATASET_ID
from shared.errors import ValidationFailed
from shared.queue.payload import read_options
from shared.reports import REPORT_TYPES, validate_data
from shared.storage import DatasetFolder
from worker.children.protocol import DatasetFile


async def named_datasets(payload: bytes, folder: DatasetFolder) -> tuple[DatasetFile, ...]:
    """The datasets that a payload's report names, each with its record.

    Raises:
        DatasetMissing: one was deleted since the job was taken in.
    """
    if b'"dataset"' not in payload:
        return ()
    ids = await asyncio.to_thread(_ids, payload)
    records = [await folder.get(dataset_id) for dataset_id in ids]
    return tuple(DatasetFile(str(folder.data_path(record.id)), record.to_json()) for record in records)


def _ids(payload: bytes) -> list[str]:
    try:
        options = read_options(payload)
        data = validate_data(options.report_type, options.data)
    except ValidationFailed:
        # the child says what is wrong with it
        return []
    named = (use.dataset_id for use in REPORT_TYPES[options.report_type].datasets(data))
    return [dataset_id for dataset_id in dict.fromkeys(named) if DATASET_ID.fullmatch(dataset_id)]
