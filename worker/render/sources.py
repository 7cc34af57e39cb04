"""The data of a report as files inside its PDF."""

from __future__ import annotations

import csv
import json
from io import StringIO
from typing import Any

from worker.render.structure import Attachment

# A spreadsheet takes a cell that starts like this for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def source_files(data: dict[str, Any], rows_in: object, kinds: list[str]) -> list[Attachment]:
    """The attachments of the kinds asked for; passwords are left out of them.

    `rows_in` names the list in the data that is printed as rows, if it is one.
    """
    found = []
    if "json" in kinds:
        found.append(Attachment("data.json", "application/json", _as_json(data), "The data of this report"))
    rows = data.get(rows_in) if isinstance(rows_in, str) else None
    if "csv" in kinds and isinstance(rows, list):
        found.append(Attachment("rows.csv", "text/csv", _as_csv(rows), "The rows of this report"))
    return found


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
