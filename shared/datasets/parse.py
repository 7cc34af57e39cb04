"""From bytes to rows: how they are to be read is found out once, when they arrive, and recorded."""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import BinaryIO, NoReturn

from shared.datasets.csv_rows import CsvRows
from shared.datasets.detect import (
    declared_format,
    detect_delimiter,
    detect_header,
    sample_rows,
    sniffed_format,
)
from shared.datasets.encodings import CODECS, detect_encoding
from shared.datasets.json_rows import JsonRows, NdjsonRows
from shared.datasets.model import DatasetColumn, Dialect, Format
from shared.datasets.source import Lines, Source, Text, codec_for, refuse
from shared.datasets.tally import tally_csv, tally_json
from shared.errors import FieldError, ValidationFailed

#: so much of the beginning is looked at before anything is read
SAMPLE_BYTES = 1 << 18
#: what western programs write that write no UTF-8
_FALLBACK_ENCODING = "windows-1252"
_BLOCK_BYTES = 1 << 16


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the sender said; None leaves it to be found out."""

    format: Format | None = None
    encoding: str | None = None
    delimiter: str | None = None
    header: bool | None = None
    content_type: str = ""
    file_name: str = ""


@dataclass(frozen=True, slots=True)
class Parsed:
    """What all bytes together turned out to be."""

    dialect: Dialect
    rows: int
    columns: tuple[DatasetColumn, ...]


def parse(source: Source, wanted: Wanted, reopen: Callable[[], BinaryIO]) -> Parsed:
    """Reads everything once, checks it, counts it.

    Args:
        source: the bytes as they arrive; read to their end unless something is wrong with them.
        wanted: what is known before.
        reopen: the bytes that `source` has copied so far, from the start.

    Raises:
        ValidationFailed: the bytes are not what they are said to be; names line and column.
    """
    head = source.prime(SAMPLE_BYTES)
    dialect, certain = _dialect(head, source.ended, wanted)
    try:
        return _read(source, dialect)
    except UnicodeDecodeError as error:
        if certain:
            _refuse_byte(error, dialect.encoding, reopen)
    # All that was seen before was ASCII, which does not make it UTF-8: the same bytes again, as stored.
    source.drain()
    dialect = replace(dialect, encoding=_FALLBACK_ENCODING)
    try:
        with reopen() as stored:
            return _read(Source(stored), dialect)
    except UnicodeDecodeError as error:
        _refuse_byte(error, dialect.encoding, reopen)


def _dialect(head: bytes, whole: bool, wanted: Wanted) -> tuple[Dialect, bool]:
    """How to read bytes that start with `head`, and whether the encoding is beyond doubt."""
    if not head:
        raise ValidationFailed([FieldError("body", "the dataset is empty")])
    guess = detect_encoding(head, whole=whole)
    encoding = codec_for(wanted.encoding, head, guess.name) if wanted.encoding else guess.name
    sample = head.decode(CODECS[encoding], "replace" if whole else "ignore")
    declared = wanted.format or declared_format(wanted.content_type, wanted.file_name)
    kind = declared or sniffed_format(sample)
    certain = guess.certain or wanted.encoding is not None or kind != "csv"
    if kind != "csv":
        return Dialect(kind, encoding), certain
    delimiter = wanted.delimiter or detect_delimiter(sample, whole=whole)
    header = wanted.header
    if header is None:
        header = detect_header(sample_rows(sample, delimiter, whole=whole))
    return Dialect("csv", encoding, delimiter, header), certain


def _read(source: Source, dialect: Dialect) -> Parsed:
    with Text(source, dialect.encoding) as text:
        if dialect.format == "csv":
            lines = Lines(text, checked=True)
            rows = CsvRows(lines, dialect.delimiter, header=dialect.header)
            count, columns = tally_csv(rows, lines, dialect.delimiter)
            if not columns:
                raise ValidationFailed([FieldError("body", "the dataset is empty")])
        elif dialect.format == "ndjson":
            count, columns = tally_json(NdjsonRows(Lines(text, checked=True), checked=True))
        else:
            count, columns = tally_json(JsonRows(text, checked=True))
    return Parsed(dialect, count, columns)


def _refuse_byte(error: UnicodeDecodeError, encoding: str, reopen: Callable[[], BinaryIO]) -> NoReturn:
    """Raises a ValidationFailed that says where the stored bytes stop being of that encoding."""
    line, column = 1, 1
    with reopen() as stored:
        for text in _readable_part(stored, encoding):
            newlines = text.count("\n")
            line += newlines
            column = len(text) - text.rfind("\n") if newlines else column + len(text)
    byte = error.object[error.start]
    other = "utf-8" if encoding == "windows-1252" else "windows-1252"
    message = f"the byte 0x{byte:02X} is not {encoding}; name the encoding, such as ?encoding={other}"
    refuse(line, column, message)


def _readable_part(stored: BinaryIO, encoding: str) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder(CODECS[encoding])()
    while block := stored.read(_BLOCK_BYTES):
        before = decoder.getstate()
        try:
            yield decoder.decode(block)
        except UnicodeDecodeError as error:
            decoder.setstate(before)
            yield decoder.decode(block[: max(0, error.start - len(before[0]))])
            return
