"""The objects of a PDF file: numbers, offsets, cross-reference table. Written as they come, never read."""

from __future__ import annotations

import hashlib
import zlib
from array import array
from collections.abc import Iterable
from typing import IO

_COMPRESSION = 5
_FIXED = 9
#: bytes that are collected before they are hashed and written
_CHUNK = 1 << 16
#: entries of the cross-reference table that are put together at a time
_ENTRIES = 1000
_UNUSED = b"0000000000 65535 f \n"


class ObjectFile:
    """Writes numbered objects into `out` and knows the sha256 of all that was written."""

    def __init__(self, out: IO[bytes]) -> None:
        self._out = out
        self._hash = hashlib.sha256()
        # index: object number; value: file offset, 0 while not written
        self._offsets = array("Q", (0,))
        #: bytes written so far
        self.size = 0
        self._waiting: list[bytes] = []
        # size at which what waits is passed on
        self._full = _CHUNK
        self.write(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")

    @property
    def sha256(self) -> str:
        """Of all bytes written so far, in hex."""
        self._pass_on()
        return self._hash.hexdigest()

    def reserve(self) -> int:
        """A new object number."""
        number = len(self._offsets)
        self._offsets.append(0)
        return number

    def begin(self, number: int) -> None:
        """Note that the object of that number starts here."""
        self._offsets[number] = self.size

    def put(self, number: int, body: bytes) -> None:
        """Write a reserved object."""
        self._offsets[number] = self.size
        data = b"%d 0 obj\n%s\nendobj\n" % (number, body)
        self._waiting.append(data)
        self.size += len(data)
        if self.size >= self._full:
            self._pass_on()

    def add(self, body: bytes) -> int:
        """Write a new object; returns its number."""
        number = self.reserve()
        self.put(number, body)
        return number

    def put_stream(self, number: int, entries: bytes, content: bytes) -> None:
        """Write a reserved stream whose content is as it should stand in the file."""
        self.put(number, stream(entries, content))

    def add_stream(self, entries: bytes, content: bytes) -> int:
        """Write a new stream as it is; returns its number."""
        number = self.reserve()
        self.put_stream(number, entries, content)
        return number

    def add_packed(self, entries: bytes, content: bytes, level: int = _FIXED) -> int:
        """Compress and write a new stream; returns its number."""
        return self.add_stream(entries + b"/Filter/FlateDecode", zlib.compress(content, level))

    def add_pieces(self, entries: bytes, pieces: Iterable[bytes]) -> int:
        """Compress and write a new stream as its pieces come; returns its number."""
        number, length = self.reserve(), self.reserve()
        self.begin(number)
        head = b"%d 0 obj\n<<%s/Filter/FlateDecode/Length %d 0 R>>\nstream\n"
        self.write(head % (number, entries, length))
        start, packer = self.size, zlib.compressobj(_COMPRESSION)
        for piece in pieces:
            self.write(packer.compress(piece))
        self.write(packer.flush())
        size = self.size - start
        self.write(b"\nendstream\nendobj\n")
        self.put(length, b"%d" % size)
        return number

    def put_page_content(self, number: int, operators: list[str]) -> None:
        """Write a page's operators, of which each character is one byte."""
        content = zlib.compress("\n".join(operators).encode("latin-1"), _COMPRESSION)
        self.put_stream(number, b"/Filter/FlateDecode", content)

    def close(self, root: int, info: int) -> None:
        """Write the cross-reference table and the trailer."""
        identity = self.sha256[:32].upper().encode()
        start = self.size
        self.write(b"xref\n0 %d\n0000000000 65535 f \n" % len(self._offsets))
        for first in range(1, len(self._offsets), _ENTRIES):
            some = self._offsets[first : first + _ENTRIES]
            self.write(b"".join([b"%010d 00000 n \n" % offset if offset else _UNUSED for offset in some]))
        self.write(
            b"trailer\n<</Size %d/Root %d 0 R/Info %d 0 R/ID[<%s><%s>]>>\nstartxref\n%d\n%%%%EOF\n"
            % (len(self._offsets), root, info, identity, identity, start)
        )
        self._pass_on()

    def write(self, data: bytes) -> None:
        """Append bytes."""
        self._waiting.append(data)
        self.size += len(data)
        if self.size >= self._full:
            self._pass_on()

    def _pass_on(self) -> None:
        """Hash and write what was collected."""
        if not self._waiting:
            return
        data = b"".join(self._waiting)
        self._waiting.clear()
        self._full = self.size + _CHUNK
        self._out.write(data)
        self._hash.update(data)


def stream(entries: bytes, content: bytes) -> bytes:
    """A stream as the body of an object; its content is as it should stand in the file."""
    return b"<<%s/Length %d>>\nstream\n%s\nendstream" % (entries, len(content), content)


def text_string(text: str) -> bytes:
    """A text in a dictionary."""
    if text.isascii() and text.isprintable():
        escaped = text.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")
        return b"(%s)" % escaped.encode()
    return b"<FEFF%s>" % text.encode("utf-16-be", "replace").hex().upper().encode()


def byte_string(content: bytes) -> bytes:
    """Bytes in a dictionary."""
    return b"<%s>" % content.hex().upper().encode()
