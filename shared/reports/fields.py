"""The kinds of field that report types are made of, each with its JSON Schema and its own error texts."""

from __future__ import annotations

import datetime as dt
import math
import re
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, PlainValidator, WithJsonSchema
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

_NUMERIC = re.compile(r"[+-]?(\d{1,60}(\.\d{0,60})?|\.\d{1,60})([eE][+-]?\d{1,3})?", re.ASCII)
_INTEGER = re.compile(r"[+-]?\d{1,60}", re.ASCII)
_CURRENCY = re.compile(r"[A-Z]{3}", re.ASCII)

#: a number as the reports carry it
Num = int | float


class ReportModel(BaseModel):
    """Base of every model of report data: camelCase in JSON; unknown keys are kept in `model_extra`."""

    model_config = ConfigDict(extra="allow", alias_generator=to_camel, frozen=True, allow_inf_nan=False)


def error_at(path: str, message: str) -> PydanticCustomError:
    """An error of a validator that belongs to a part of the validated value: `path` leads there from it."""
    return PydanticCustomError("error_at", "{message}", {"message": message, "path": path})


def parse_number(value: object) -> Num | None:
    """The number that `value` is or spells ("1250", "12.5", "1e3"), or None; booleans are no numbers."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return value if isinstance(value, int) or math.isfinite(value) else None
    if not isinstance(value, str):
        return None
    text = value.strip()
    if _INTEGER.fullmatch(text):
        return int(text)
    if _NUMERIC.fullmatch(text):
        number = float(text)
        return number if math.isfinite(number) else None
    return None


def _number(value: object) -> Num:
    number = parse_number(value)
    if number is None:
        raise ValueError("must be a number or a string that spells one")
    return number


def _revenue(value: object) -> Num | None:
    if value == "":
        return None
    number = parse_number(value)
    if number is None:
        raise ValueError("must be a number, a string that spells one, or an empty string")
    return number


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return str(value)
    raise ValueError("must be a string")


def _scalar(value: object) -> Num | str | bool:
    if isinstance(value, (str, int, float)):
        return value
    raise ValueError("must be a number, a string, true or false")


def _named(value: object) -> str:
    text = _text(value)
    if not text.strip():
        raise ValueError("must not be empty")
    return text


def _currency(value: object) -> str:
    if isinstance(value, str) and _CURRENCY.fullmatch(value):
        return value
    raise ValueError('must be a currency code of three capital letters, such as "EUR"')


def _date(value: object) -> dt.date:
    if isinstance(value, dt.date):
        return value
    try:
        if isinstance(value, str):
            return dt.date.fromisoformat(value[:10]) if value[10:11] in ("", "T", " ") else _refuse_date()
    except ValueError:
        pass
    return _refuse_date()


def _refuse_date() -> dt.date:
    raise ValueError('must be a date such as "2026-03-31"')


def _schema(**schema: Any) -> WithJsonSchema:
    return WithJsonSchema(schema)


#: int | float; accepts a numeric string
Number = Annotated[Num, PlainValidator(_number), _schema(type=["number", "string"])]
#: the port's `revenue`: a number, a numeric string, or "" (None here)
Revenue = Annotated[
    Num | None,
    BeforeValidator(_revenue),
    _schema(type=["number", "string"], description="A number, a numeric string, or an empty string."),
]
#: str; accepts a number, as which it is printed
Text = Annotated[str, BeforeValidator(_text), _schema(type=["string", "number"])]
#: Text that must not be blank
Name = Annotated[str, BeforeValidator(_named), _schema(type=["string", "number"], minLength=1)]
#: a number, a string or a boolean, each kept as what it is
Scalar = Annotated[Any, BeforeValidator(_scalar), _schema(type=["number", "string", "boolean"])]
#: an ISO 4217 code
Currency = Annotated[str, BeforeValidator(_currency), _schema(type="string", pattern="^[A-Z]{3}$")]
#: an ISO 8601 date; a time after it is ignored
Date = Annotated[dt.date, BeforeValidator(_date), _schema(type="string", format="date")]


class Point(ReportModel):
    """One value of a series, with the name under which it stands on the axis."""

    label: Text
    value: Number
