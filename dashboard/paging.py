"""Cursors of `GET /api/jobs`: opaque to clients, bound to the filter that they were made for."""

from __future__ import annotations

import base64
import binascii

import orjson

from shared.errors import FieldError, ValidationFailed
from shared.job import JobState

#: the furthest a cursor may point
_MAX_OFFSET = 10**12
#: longest text that can be a cursor
_MAX_LENGTH = 200


def encode_cursor(state: JobState | None, offset: int) -> str:
    """The text that names the page which starts at `offset`."""
    packed = orjson.dumps([state.value if state else None, offset])
    return base64.urlsafe_b64encode(packed).decode().rstrip("=")


def decode_cursor(cursor: str | None, state: JobState | None) -> int:
    """The offset that a cursor stands for; 0 without a cursor.

    Raises:
        ValidationFailed: not one of ours, or made for another `state`.
    """
    if cursor is None:
        return 0
    content = _unpack(cursor)
    if not (isinstance(content, list) and len(content) == 2 and type(content[1]) is int):
        raise _refused("is not a cursor that this API gave out")
    if content[0] != (state.value if state else None):
        raise _refused("belongs to another state filter: start again without a cursor")
    if not 0 <= content[1] <= _MAX_OFFSET:
        raise _refused("is not a cursor that this API gave out")
    return int(content[1])


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
