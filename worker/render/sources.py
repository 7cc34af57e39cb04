"""The data of a report as files inside its PDF."""

from __future__ import annotations

import csv
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from io import StringIO
from itertools import chain, islice
from typing import Any

from shared.datasets.rows import DatasetRows
from shared.reports.types import SentTable
from worker.render.structure import Attachment

_ROWS_AT_A_TIME = 500
# A spreadsheet takes a cell that starts like this for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def source_files(
    data: dict[str, Any],
    tables: Sequence[SentTable],
    datasets: Mapping[str, DatasetRows],
    kinds: Collection[str],
) -> list[Attachment]:
    """The attachments of the kinds asked for; passwords are left out of them.

    Each table is a file of its own. The rows of a dataset are read once more, and pass by.
    """
    found = []
    if "json" in kinds:
        found.append(Attachment("data.json", "application/json", _as_json(data), "The data of this report"))
    if "csv" in kinds:
        contents = [content for table in tables if (content := _table_csv(table, datasets))]
        for number, content in enumerate(contents, 1):
            name = "rows.csv" if len(contents) == 1 else f"rows-{number}.csv"
            found.append(Attachment(name, "text/csv", content, "The rows of this report"))
    return found


def _table_csv(table: SentTable, datasets: Mapping[str, DatasetRows]) -> bytes | Iterator[bytes] | None:
    """None: it has no rows."""
    source = datasets.get(table.dataset) if isinstance(table.dataset, str) else None
    if source is not None:
        return _dataset_csv(source.again())
    return _as_csv(table.rows) if table.rows else None


def _dataset_csv(source: DatasetRows) -> Iterator[bytes]:
    """All columns of a dataset, some rows at a time."""
    names = [column.name for column in source.columns]
    rows = chain((names,), source.rows(names))
    while some := list(islice(rows, _ROWS_AT_A_TIME)):
        out = StringIO()
        csv.writer(out).writerows([_cell(value) for value in row] for row in some)
        yield out.getvalue().encode("utf-8", "replace")


def _as_json(data: dict[str, Any]) -> bytes:
    output = data.get("output")
    if isinstance(output, dict) and "encryption" in output:
        data = {**data, "output": {key: value for key, value in output.items() if key != "encryption"}}
    text = json.dumps(data, ensure_ascii=False, indent=1, sort_keys=False)
    return text.encode("utf-8", "replace")


def _as_csv(rows: list[Any]) -> bytes:
    keys = list(dict.fromkeys(key for row in rows if isinstance(row, dict) for key in row))
    out = StringIO()
    writer = csv.writer(out)
    if keys:
        writer.writerow([_cell(key) for key in keys])
    for row in rows:
        if isinstance(row, dict):
            writer.writerow([_cell(row.get(key)) for key in keys])
        elif isinstance(row, list):
            writer.writerow([_cell(value) for value in row])
        else:
            writer.writerow([_cell(row)])
    return out.getvalue().encode("utf-8", "replace")


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return f"'{value}" if value.startswith(_FORMULA) and not _is_number(value) else value
    if isinstance(value, (dict, list, bool)):
        return json.dumps(value, ensure_ascii=False)
    return str(value)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
