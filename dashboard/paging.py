"""Cursors of `GET /api/jobs`: opaque to clients, bound to the list that they were made for."""

from __future__ import annotations

import base64
import binascii
import re

import orjson

from shared.errors import FieldError, ValidationFailed
from shared.queue.reads import Position

#: longest text that can be a cursor
_MAX_LENGTH = 600
_LINE = re.compile(r"[0-9]{1,15}", re.ASCII)
_NUMBER = re.compile(r"-?[0-9]{1,20}(\.[0-9]{1,20})?(e[+-]?[0-9]{1,3})?", re.ASCII)


def encode_cursor(fingerprint: str, position: Position) -> str:
    """The text that names the page behind `position`."""
    packed = orjson.dumps([fingerprint, position.at, position.entry])
    return base64.urlsafe_b64encode(packed).decode().rstrip("=")


def decode_cursor(cursor: str | None, fingerprint: str, *, is_search: bool = False) -> Position | None:
    """The position that a cursor stands for; None without a cursor.

    Raises:
        ValidationFailed: not one of ours, or made for another list.
    """
    if cursor is None:
        return None
    content = _unpack(cursor)
    if not (isinstance(content, list) and len(content) == 3 and all(type(part) is str for part in content)):
        raise _refused("is not a cursor that this API gave out")
    bound_to, at, entry = content
    if bound_to != fingerprint:
        raise _refused("belongs to another filter or order: start again without a cursor")
    is_line = _LINE.fullmatch(at) and _LINE.fullmatch(entry)
    if not (is_line if is_search else _NUMBER.fullmatch(at)):
        raise _refused("is not a cursor that this API gave out")
    return Position(at, entry)


def _unpack(cursor: str) -> object:
    if len(cursor) > _MAX_LENGTH:
        return None
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        return orjson.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (UnicodeEncodeError, binascii.Error, orjson.JSONDecodeError):
        return None


def _refused(message: str) -> ValidationFailed:
    return ValidationFailed([FieldError("cursor", message)])
