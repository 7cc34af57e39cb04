"""Reading a JSON body: of limited size, depth and number range, and never a 500."""

from __future__ import annotations

import zlib
from codecs import BOM_UTF8
from typing import Any, TypeVar

from fastapi import Request
from pydantic import BaseModel, ValidationError
from pydantic_core import from_json
from starlette.exceptions import HTTPException

from shared.errors import FieldError, MalformedBody, PayloadTooLarge, ValidationFailed

M = TypeVar("M", bound=BaseModel)

#: A client that is still sending when the answer comes and the connection closes often sees a reset instead
#: of the answer. So a body that is too large is read on, and thrown away, up to this size.
DISCARDED_BYTES = 64 * 1024 * 1024

#: most errors of one answer, and most characters of one error's path
MAX_FIELD_ERRORS, MAX_PATH = 50, 200

_AUTO_DETECT = zlib.MAX_WBITS | 32  # the gzip or the zlib header
_PLAIN_WORDS = {"missing": "is required", "extra_forbidden": "is not known here"}


async def read_body(request: Request, limit_bytes: int) -> bytes:
    """The request's body, unpacked when it is sent as gzip or deflate.

    Raises:
        PayloadTooLarge: it is larger than the limit, packed or unpacked.
        MalformedBody: it is not what its Content-Encoding says.
        HTTPException: 415 for any other Content-Encoding.
    """
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("identity", "gzip", "x-gzip", "deflate"):
        detail = "Send it without Content-Encoding, or as gzip or deflate."
        raise HTTPException(415, detail, headers={"Accept-Encoding": "gzip, deflate"})
    declared = request.headers.get("content-length", "0")
    if declared.isdigit() and int(declared) > limit_bytes and _is_held_back(request, int(declared)):
        raise PayloadTooLarge(limit_bytes)
    chunks, size = [], 0
    async for chunk in request.stream():
        size += len(chunk)
        if size <= limit_bytes:
            chunks.append(chunk)
        elif size > DISCARDED_BYTES:
            break
        else:
            chunks.clear()
    if size > limit_bytes:
        raise PayloadTooLarge(limit_bytes)
    body = b"".join(chunks)
    return body if encoding == "identity" else _unpacked(body, limit_bytes)


def _is_held_back(request: Request, declared_bytes: int) -> bool:
    """Whether nothing is gained by reading on: the client waits for leave to send, or sends too much."""
    return request.headers.get("expect", "").lower() == "100-continue" or declared_bytes > DISCARDED_BYTES


def _unpacked(body: bytes, limit_bytes: int) -> bytes:
    unpacker = zlib.decompressobj(_AUTO_DETECT)
    try:
        plain = unpacker.decompress(body, limit_bytes + 1)
    except zlib.error:
        raise MalformedBody("the body is not packed as its Content-Encoding says") from None
    if len(plain) > limit_bytes:
        raise PayloadTooLarge(limit_bytes)
    if not unpacker.eof:
        raise MalformedBody("the packed body ends too early")
    return plain


def parse_json(body: bytes) -> Any:
    """The JSON value of a body; a byte order mark before it is skipped.

    Raises:
        MalformedBody: not JSON, NaN or Infinity, nested deeper than 200 levels, or not UTF-8.
    """
    try:
        return from_json(body.removeprefix(BOM_UTF8), allow_inf_nan=False)
    except ValueError as error:
        raise MalformedBody(f"the body is not valid JSON: {error}") from None


def field_errors(error: ValidationError, *, prefix: tuple[str, ...] = ()) -> list[FieldError]:
    """pydantic's complaints, the first ones of many, as field errors with dotted paths."""
    details = error.errors(include_url=False, include_input=False)
    return [
        FieldError(_path((*prefix, *item["loc"])), _PLAIN_WORDS.get(item["type"]) or _message(item["msg"]))
        for item in details[:MAX_FIELD_ERRORS]
    ]


def _path(parts: tuple[str | int, ...]) -> str:
    path = ".".join(str(part) for part in parts) or "body"
    return path if len(path) <= MAX_PATH else f"{path[:MAX_PATH]}…"


def _message(text: str) -> str:
    plain = text.removeprefix("Value error, ")
    return plain.replace("Input should ", "must ").replace("String should ", "must ")


def validated(model: type[M], value: object) -> M:
    """`value` as `model`.

    Raises:
        ValidationFailed: with the path of each wrong field.
    """
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise ValidationFailed(field_errors(error)) from None
