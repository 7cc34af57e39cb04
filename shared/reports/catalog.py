"""All report types, and the one way to check data against them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from pydantic import ValidationError

from shared.errors import FieldError, ValidationFailed
from shared.reports import document, inventory, invoice, performance, sales, table, test
from shared.reports.datasets import DatasetUse
from shared.reports.fields import QUICK
from shared.reports.jsoncheck import MAX_ERRORS, check_json
from shared.reports.presentation import Presented
from shared.reports.types import ReportType, no_datasets
from shared.reports.validity import is_in_order

REPORT_TYPES: Mapping[str, ReportType] = MappingProxyType(
    {
        module.REPORT.name: module.REPORT
        for module in (sales, inventory, performance, test, table, invoice, document)
    }
)

_UNION_MEMBER = re.compile(r"[\[(<]|^(str|float|int|bool|dict|list)$")

_PLAIN_WORDS = {
    "missing": "is required",
    "model_type": "must be an object",
    "dict_type": "must be an object",
    "list_type": "must be a list",
    "model_attributes_type": "must be an object",
    "bool_parsing": "must be true or false",
    "bool_type": "must be true or false",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "extra_forbidden": "is not known here",
}
_SIZES = {
    "too_short": "has {actual_length} items and must have at least {min_length}",
    "too_long": "has {actual_length} items and may have at most {max_length}",
    "string_too_long": "must have at most {max_length} characters",
    "greater_than_equal": "must be at least {ge}",
    "less_than_equal": "must be at most {le}",
}


def validate_data(report_type: str, data: object, text: bytes = b"") -> Presented:
    """`data` as the model of that type.

    Args:
        report_type: of the request.
        data: as it was sent.
        text: the JSON text that it was read from, perhaps as a part of it, if it is at hand.

    Raises ValidationFailed whose errors' paths start at `data` ("data.rows.3.price"), or name `reportType`.
    """
    known = _known(report_type)
    check_json(data, text)
    return _validated(known, data)


def dataset_uses(report_type: str, data: object, text: bytes = b"") -> tuple[DatasetUse, ...]:
    """The datasets that `data` names, which is validated as by `validate_data`.

    Args:
        report_type, data, text: as there.
    """
    known = _known(report_type)
    check_json(data, text)
    if known.datasets is no_datasets and is_in_order(known.model, data):
        return ()
    return tuple(known.datasets(_validated(known, data)))


def _known(report_type: str) -> ReportType:
    known = REPORT_TYPES.get(report_type)
    if known is None:
        message = f"must be one of {', '.join(REPORT_TYPES)}"
        raise ValidationFailed([FieldError("reportType", message)])
    return known


def _validated(known: ReportType, data: object) -> Presented:
    try:
        return known.model.model_validate(data)
    except ValidationError as error:
        details = [
            item for item in error.errors(include_url=False, include_input=False) if QUICK not in item["loc"]
        ]
        raise ValidationFailed(_field_error(detail) for detail in details[:MAX_ERRORS]) from None


def _field_error(detail: Any) -> FieldError:
    path = ".".join(("data", *_steps(detail["loc"])))
    message = _PLAIN_WORDS.get(detail["type"]) or detail["msg"].removeprefix("Value error, ")
    if detail["type"] in _SIZES:
        message = _SIZES[detail["type"]].format(**detail["ctx"])
    if detail["type"] == "error_at":
        path = f"{path}.{detail['ctx']['path']}"
    elif detail["type"].startswith("union_tag"):
        path, message = f"{path}.type", _tag_message(detail)
    return FieldError(path, message[:1].lower() + message[1:])


def _steps(loc: Sequence[str | int]) -> Iterator[str]:
    """The location without what pydantic adds: the tag of a block after its index, names of union members."""
    for index, step in enumerate(loc):
        in_union = index > 1 and loc[index - 2] == "blocks" and isinstance(loc[index - 1], int)
        if not in_union and not (isinstance(step, str) and _UNION_MEMBER.search(step)):
            yield str(step)


def _tag_message(detail: Any) -> str:
    known = detail.get("ctx", {}).get("expected_tags")
    return f"must be one of {known.replace(chr(39), '')}" if known else "is required"
