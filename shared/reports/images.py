"""Pictures in data: `data:` URIs of three formats, told by their first bytes; nothing is fetched."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Annotated

from pydantic import BeforeValidator, WithJsonSchema

_URI = re.compile(r"data:image/(png|jpeg|jpg|webp);base64,", re.ASCII)
#: bytes of one picture, before it is unpacked
MAX_IMAGE_BYTES = 4 << 20


def image_bytes(value: object) -> bytes:
    """The content of a picture's `data:` URI; raises ValueError with what is wrong with it."""
    if isinstance(value, bytes):
        return value
    found = _URI.match(value) if isinstance(value, str) else None
    if found is None or not isinstance(value, str):
        raise ValueError('must be a data URI such as "data:image/png;base64,…" (PNG, JPEG or WEBP)')
    if len(value) > MAX_IMAGE_BYTES * 4 // 3 + 64:
        raise ValueError(f"is a picture of more than {MAX_IMAGE_BYTES >> 20} MiB")
    try:
        content = base64.b64decode(value[found.end() :], validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("is not valid base64") from None
    if picture_kind(content) != found[1].replace("jpg", "jpeg"):
        raise ValueError(f"does not hold a {found[1].upper()} picture")
    return content


def picture_kind(content: bytes) -> str | None:
    """png, jpeg or webp, by the first bytes."""
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if content.startswith(b"\xff\xd8\xff"):
        return "jpeg"
    return "webp" if content[:4] == b"RIFF" and content[8:12] == b"WEBP" else None


#: the bytes of a picture, from its data URI
DataImage = Annotated[
    bytes,
    BeforeValidator(image_bytes),
    WithJsonSchema({"type": "string", "pattern": "^data:image/(png|jpeg|jpg|webp);base64,"}),
]
