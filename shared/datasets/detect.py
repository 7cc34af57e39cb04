"""How a file is to be read, from its beginning and from what its sender said. Pure decisions."""

from __future__ import annotations

import contextlib
import csv
import io
import re
from collections.abc import Sequence
from itertools import islice

from shared.datasets.infer import TextGuess
from shared.datasets.model import Format

#: so many rows are looked at
SAMPLE_ROWS = 200
# A comma also stands inside numbers, so the others come first where all divide the rows evenly.
_DELIMITERS = "\t;|,"
_CONTENT_TYPES: dict[str, Format] = {
    "text/csv": "csv",
    "application/csv": "csv",
    "application/vnd.ms-excel": "csv",
    "text/tab-separated-values": "csv",
    "application/x-ndjson": "ndjson",
    "application/ndjson": "ndjson",
    "application/jsonl": "ndjson",
    "application/x-jsonlines": "ndjson",
    "application/json": "json",
}
_SUFFIXES: dict[str, Format] = {
    "csv": "csv",
    "tsv": "csv",
    "tab": "csv",
    "ndjson": "ndjson",
    "jsonl": "ndjson",
    "json": "json",
}
_ARRAY_OF_ROWS = re.compile(r"\s*\[\s*[\[{\]]")
_YEAR = re.compile(r"(19|20)\d\d", re.ASCII)


def declared_format(content_type: str, file_name: str) -> Format | None:
    """What the media type says, else the end of the file's name; None: neither says anything."""
    media_type = content_type.partition(";")[0].strip().lower()
    suffix = file_name.rpartition(".")[2].lower()
    return _CONTENT_TYPES.get(media_type) or _SUFFIXES.get(suffix)


def sniffed_format(sample: str) -> Format:
    """What the first characters say."""
    if _ARRAY_OF_ROWS.match(sample):
        return "json"
    return "ndjson" if sample.lstrip()[:1] in ("{", "[") else "csv"


def detect_delimiter(sample: str, *, whole: bool) -> str:
    """The character by which most rows have as many values as the first one, at least two; else a comma."""
    best, best_share = ",", 0.0
    for delimiter in _DELIMITERS:
        widths = [len(row) for row in sample_rows(sample, delimiter, whole=whole)]
        if not widths or widths[0] < 2:
            continue
        share = widths.count(widths[0]) / len(widths)
        if share > best_share:
            best, best_share = delimiter, share
    return best


def sample_rows(sample: str, delimiter: str, *, whole: bool) -> list[list[str]]:
    """The first rows of a CSV; without `whole` the last one may be cut and is left out."""
    reader = csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter)
    rows: list[list[str]] = []
    with contextlib.suppress(csv.Error):
        rows.extend(row for row in islice(reader, SAMPLE_ROWS + 1) if row)
    cut = len(rows) > SAMPLE_ROWS or not whole
    return rows[:-1] if cut and len(rows) > 1 else rows


def detect_header(rows: Sequence[Sequence[str]]) -> bool:
    """Whether the first row names the columns.

    A column of numbers, dates or true/false speaks for it when its first value is none, and against it when
    it is one; years are names as well as numbers. When no column says anything, distinct texts are names.
    """
    if not rows:
        return True
    first, rest = rows[0], rows[1:]
    votes = 0
    for index, name in enumerate(first):
        known = [row[index] for row in rest if index < len(row)]
        kind = _type_of(known)
        if kind == "text" or _YEAR.fullmatch(name):
            continue
        votes += 1 if not name or _type_of([name]) != kind else -1
    if votes:
        return votes > 0
    named = [name for name in first if name]
    return len(set(named)) == len(named) and all(
        _type_of([name]) == "text" or _YEAR.fullmatch(name) for name in named
    )


def _type_of(values: Sequence[str]) -> str:
    guess = TextGuess()
    guess.add(values)
    return guess.column("").type
