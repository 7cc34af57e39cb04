"""The encodings that datasets may have: text encodings only, by name."""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from typing import Final

#: name as clients write it → Python's codec. UTF-8 is read with or without its byte order mark.
CODECS: Final = {
    "utf-8": "utf-8-sig",
    "utf-16": "utf-16",
    "utf-16-le": "utf-16-le",
    "utf-16-be": "utf-16-be",
    "windows-1250": "cp1250",
    "windows-1251": "cp1251",
    "windows-1252": "cp1252",
    "windows-1253": "cp1253",
    "windows-1254": "cp1254",
    "iso-8859-1": "latin-1",
    "iso-8859-2": "iso8859-2",
    "iso-8859-15": "iso8859-15",
    "koi8-r": "koi8-r",
    "shift_jis": "cp932",
    "euc-kr": "cp949",
    "big5": "cp950",
    "gb18030": "gb18030",
}
#: other names for them
_ALIASES: Final = {
    "utf8": "utf-8",
    "utf-8-sig": "utf-8",
    "us-ascii": "utf-8",
    "ascii": "utf-8",
    "cp1252": "windows-1252",
    "latin-1": "iso-8859-1",
    "latin1": "iso-8859-1",
    "utf16": "utf-16",
}
_BOMS: Final = {codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}


@dataclass(frozen=True, slots=True)
class Guess:
    """An encoding, and whether the bytes prove it."""

    name: str
    #: False: nothing but ASCII was seen, so a later byte may show that it is another one
    certain: bool


def known_encoding(name: str) -> str | None:
    """The name in CODECS that `name` stands for; None when it is not one of them."""
    lowered = name.strip().lower().replace("_", "-")
    lowered = {"shift-jis": "shift_jis", "sjis": "shift_jis"}.get(lowered, lowered)
    lowered = _ALIASES.get(lowered, lowered)
    return lowered if lowered in CODECS else None


def marked_encoding(head: bytes) -> str | None:
    """What a byte order mark at the start says."""
    return next((name for mark, name in _BOMS.items() if head.startswith(mark)), None)


def detect_encoding(head: bytes, *, whole: bool) -> Guess:
    """The encoding of a file that starts with `head`.

    UTF-8 and UTF-16 by their mark, UTF-16 without one by its zero bytes, UTF-8 when the bytes are valid, else
    windows-1252, in which western Excels save.
    """
    marked = marked_encoding(head)
    if marked:
        return Guess(marked, True)
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if even + odd > len(head) * 0.2:
        return Guess("utf-16-le" if odd > even else "utf-16-be", True)
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head, final=whole)
    except UnicodeDecodeError as error:
        # letters that are valid UTF-8 before the byte that is not make it a broken file, not another encoding
        was_utf8 = not head[: error.start].isascii()
        return Guess("utf-8" if was_utf8 else "windows-1252", True)
    return Guess("utf-8", not head.isascii())
