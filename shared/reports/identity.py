"""One name for everything that decides how a report looks: the same name, the same bytes."""

from __future__ import annotations

import hashlib
import json
from typing import Any, Final

#: raised with every change that makes the engine write other bytes for the same request
ENGINE_VERSION: Final = "4"


def content_hash(
    report_type: str, title: str | None, data: Any, created_at_ms: int | None = None, **options: Any
) -> str:
    """Hex SHA-256 over engine version, type, title, data and options.

    With `created_at_ms` (epoch milliseconds) it stands for the file's bytes; without, for what the report
    says, whenever it is made. The order of an object's keys counts: columns and further data are printed in
    it. Raises ValueError for data that is no JSON.
    """
    identity = {
        "engine": ENGINE_VERSION,
        "type": report_type,
        "title": title,
        "data": data,
        "createdAt": created_at_ms,
        "options": dict(sorted(options.items())),
    }
    try:
        canonical = json.dumps(identity, separators=(",", ":"), allow_nan=False)
    except (TypeError, ValueError) as error:
        raise ValueError(f"the data is not JSON: {error}") from error
    return hashlib.sha256(canonical.encode("ascii")).hexdigest()
