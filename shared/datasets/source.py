"""The bytes of a dataset on their way to a parser: counted, hashed, and copied to a file when they arrive."""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Iterator
from typing import BinaryIO, NoReturn, Protocol

from shared.datasets.encodings import CODECS, marked_encoding
from shared.datasets.model import MAX_ROW_CHARS
from shared.errors import FieldError, ValidationFailed

_BLOCK_BYTES = 1 << 16
#: most bytes without a line feed; a character has at most 4
_LINE_BYTES = 4 * MAX_ROW_CHARS
#: what no report can print, as in `shared.reports.jsoncheck`
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")


class Readable(Protocol):
    """What bytes can be taken from, at most `size` at a time; none at the end."""

    def read(self, size: int, /) -> bytes | None:
        """The next bytes."""


class Source(io.RawIOBase):
    """A raw stream over `inner` that knows what has passed.

    Args:
        inner: where the bytes come from.
        copy_to: gets every byte; an error of its `write` is raised to the reader.
    """

    def __init__(self, inner: Readable, copy_to: BinaryIO | None = None) -> None:
        super().__init__()
        self._inner, self._copy_to = inner, copy_to
        self._hash = hashlib.sha256()
        self._head = b""
        #: bytes taken from `inner` so far
        self.size = 0
        #: `inner` has no more
        self.ended = False

    @property
    def sha256(self) -> str:
        """Of all bytes taken so far, hex."""
        return self._hash.hexdigest()

    def prime(self, size: int) -> bytes:
        """The first bytes, which will be read again; fewer than `size` when there are no more."""
        parts = [self._head]
        while sum(map(len, parts)) < size and (block := self._take(size)):
            parts.append(block)
        self._head = b"".join(parts)
        return self._head[:size]

    def drain(self) -> None:
        """Takes what is left."""
        self._head = b""
        while self._take(_BLOCK_BYTES):
            pass

    def readable(self) -> bool:
        """Always."""
        return True

    def readinto(self, buffer: object) -> int:
        """Fills the buffer; 0 at the end."""
        view = memoryview(buffer)  # type: ignore[arg-type] # typeshed's Buffer is not in 3.11
        if self._head:
            block, self._head = self._head[: len(view)], self._head[len(view) :]
        else:
            block = self._take(len(view))
        view[: len(block)] = block
        return len(block)

    def _take(self, size: int) -> bytes:
        block = self._inner.read(size) or b""
        self.ended = not block
        self._hash.update(block)
        self.size += len(block)
        if self._copy_to is not None and block:
            self._copy_to.write(block)
        return block


class Text(io.TextIOWrapper):
    """A source as text with its line ends as they are; `encoding` is a name of CODECS."""

    def __init__(self, source: io.RawIOBase, encoding: str) -> None:
        super().__init__(io.BufferedReader(source, _BLOCK_BYTES), CODECS[encoding], newline="")


def codec_for(encoding: str, head: bytes, guess: str) -> str:
    """The name under which to read bytes that start with `head` and look like `guess`.

    With a mark, UTF-16 has no fixed order; without one it has the little-endian one unless the bytes show
    the other.
    """
    marked = marked_encoding(head)
    if encoding == "utf-16" and not marked:
        return guess if guess.startswith("utf-16") else "utf-16-le"
    return marked if marked and encoding.startswith(marked) else encoding


class Lines:
    """The lines of a text, counted, each of bounded length; an iterator for `csv.reader`."""

    def __init__(self, text: io.TextIOBase, *, checked: bool) -> None:
        """`checked`: refuse control characters; bytes that were checked before need it no more."""
        self._text, self._checked = text, checked
        #: lines given out so far; the number of the current one, from 1
        self.count = 0
        #: characters given out so far
        self.chars = 0
        self.current = ""

    def __iter__(self) -> Iterator[str]:
        readline, find = self._text.readline, _UNPRINTABLE.search
        while line := readline(MAX_ROW_CHARS + 1):
            self.count += 1
            self.chars += len(line)
            self.current = line
            if len(line) > MAX_ROW_CHARS:
                refuse(self.count, None, f"is longer than {MAX_ROW_CHARS:,} characters")
            # what is printable is fine, and most lines are; the search says what is wrong with others
            if self._checked and not line.rstrip("\r\n").isprintable() and (found := find(line)):
                refuse_character(self.count, found.start() + 1, found[0])
            yield line


def refuse(line: int, column: int | None, message: str) -> NoReturn:
    """Raises a ValidationFailed for a place in the file; `column` counts characters from 1."""
    if column is None:
        raise ValidationFailed([FieldError(f"line.{line}", f"line {line:,} {message}")])
    place = f"line {line:,}, column {column:,}"
    raise ValidationFailed([FieldError(f"line.{line}.column.{column}", f"{place}: {message}")])


def refuse_character(line: int, column: int, character: str) -> NoReturn:
    """Raises a ValidationFailed for a character that no report can print."""
    kind = "lone surrogate" if "\ud800" <= character <= "\udfff" else "control character"
    refuse(line, column, f"contains the {kind} U+{ord(character):04X}")
