"""All report types, and the one way to check data against them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from pydantic import ValidationError

from shared.errors import FieldError, ValidationFailed
from shared.reports import inventory, invoice, performance, sales, table, test
from shared.reports.fields import ReportModel
from shared.reports.jsoncheck import MAX_ERRORS, check_json
from shared.reports.types import ReportType

REPORT_TYPES: Mapping[str, ReportType] = MappingProxyType(
    {module.REPORT.name: module.REPORT for module in (sales, inventory, performance, test, table, invoice)}
)

_PLAIN_WORDS = {
    "missing": "is required",
    "model_type": "must be an object",
    "dict_type": "must be an object",
    "list_type": "must be a list",
    "bool_parsing": "must be true or false",
    "bool_type": "must be true or false",
}


def validate_data(report_type: str, data: object) -> ReportModel:
    """`data` as the model of that type.

    Raises ValidationFailed whose errors' paths start at `data` ("data.rows.3.price"), or name `reportType`.
    """
    known = REPORT_TYPES.get(report_type)
    if known is None:
        message = f"must be one of {', '.join(REPORT_TYPES)}"
        raise ValidationFailed([FieldError("reportType", message)])
    check_json(data)
    try:
        return known.model.model_validate(data)
    except ValidationError as error:
        details = error.errors(include_url=False, include_context=False, include_input=False)
        raise ValidationFailed(_field_error(detail) for detail in details[:MAX_ERRORS]) from None


def _field_error(detail: Any) -> FieldError:
    path = ".".join(("data", *(str(step) for step in detail["loc"])))
    message = _PLAIN_WORDS.get(detail["type"]) or detail["msg"].removeprefix("Value error, ")
    return FieldError(path, message[:1].lower() + message[1:])
