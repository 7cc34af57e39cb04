"""What the user reads when everything is up."""

from __future__ import annotations

import json
from pathlib import Path

from shared.settings import Settings

EXAMPLE = {
    "reportType": "sales",
    "title": "First report",
    "data": {"period": "2025-Q4", "revenue": 1250000},
}


def banner(settings: Settings, worker_urls: list[str], redis: str) -> str:
    """The URLs and a curl to paste. `redis` says in words which Redis is used."""
    producer, dashboard = settings.public_producer_url, settings.public_dashboard_url
    return f"""
Pressroom is ready.

  Dashboard  {dashboard}
  Producer   {producer}  (report types: {producer}/api/v1/reports/types)
  Workers    {"  ".join(worker_urls)}
  Redis      {redis}
  Reports    {_reports(settings)}

Make a report:

  {_curl(settings)}

Ctrl-C stops everything.
"""


def _curl(settings: Settings) -> str:
    key = '-H "Authorization: Bearer $API_KEY" ' if settings.api_key_set else ""
    return (
        f"curl -s {settings.public_producer_url}/api/v1/reports/generate {key}"
        f"-H 'Content-Type: application/json' \\\n    -d '{json.dumps(EXAMPLE)}'"
    )


def _reports(settings: Settings) -> str:
    """A path relative to where the user stands, when it is below."""
    path = settings.reports_folder
    if path is None:
        return str(settings.object_store)
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)
