"""`python -m dashboard`: the API and the web UI, until SIGINT or SIGTERM."""

from __future__ import annotations

from dashboard.app import make_app
from shared.entry import main_with_settings
from shared.http.server import serve
from shared.settings import Settings


def run(settings: Settings) -> None:
    """Serves on the dashboard's port."""
    serve(make_app(settings), settings, settings.dashboard_port, "PRESSROOM_DASHBOARD_PORT")


if __name__ == "__main__":
    main_with_settings("dashboard", run)
