"""Reading a JSON body: of limited size, depth and number range, and never a 500."""

from __future__ import annotations

from typing import Any, TypeVar

from fastapi import Request
from pydantic import BaseModel, ValidationError
from pydantic_core import from_json

from shared.errors import FieldError, MalformedBody, PayloadTooLarge, ValidationFailed

M = TypeVar("M", bound=BaseModel)


async def read_body(request: Request, limit_bytes: int) -> bytes:
    """The request's body.

    Raises:
        PayloadTooLarge: it is larger than the limit; the rest is not read.
    """
    declared = request.headers.get("content-length", "0")
    if declared.isdigit() and int(declared) > limit_bytes:
        raise PayloadTooLarge(limit_bytes)
    chunks, size = [], 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > limit_bytes:
            raise PayloadTooLarge(limit_bytes)
        chunks.append(chunk)
    return b"".join(chunks)


def parse_json(body: bytes) -> Any:
    """The JSON value of a body.

    Raises:
        MalformedBody: not JSON, NaN or Infinity, nested deeper than 200 levels, or not UTF-8.
    """
    try:
        return from_json(body, allow_inf_nan=False)
    except ValueError as error:
        raise MalformedBody(f"the body is not valid JSON: {error}") from None


def field_errors(error: ValidationError, *, prefix: tuple[str, ...] = ()) -> list[FieldError]:
    """pydantic's complaints as field errors with dotted paths."""
    return [
        FieldError(
            ".".join(str(part) for part in (*prefix, *item["loc"])) or "body",
            item["msg"].removeprefix("Value error, "),
        )
        for item in error.errors(include_url=False, include_input=False)
    ]


def validated(model: type[M], value: object) -> M:
    """`value` as `model`.

    Raises:
        ValidationFailed: with the path of each wrong field.
    """
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise ValidationFailed(field_errors(error)) from None
