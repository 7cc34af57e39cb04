"""How every service starts: settings, logging, then its own `run`; a wrong setting is one clear line."""

from __future__ import annotations

import sys
from collections.abc import Callable

from shared.environment import load_settings
from shared.errors import SettingsError
from shared.logs import setup_logging
from shared.settings import Settings
from shared.tuning import prefer_throughput

#: exit status for a configuration that can't work
EXIT_CONFIGURATION = 78


def main_with_settings(service: str, run: Callable[[Settings], None]) -> None:
    """Runs a service with the settings of the environment."""
    try:
        settings = load_settings()
        setup_logging(service, settings)
        prefer_throughput()
        run(settings)
    except SettingsError as error:
        sys.stderr.write(f"{service} can't start:\n{error}\n")
        sys.exit(EXIT_CONFIGURATION)
