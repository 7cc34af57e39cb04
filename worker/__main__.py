"""`python -m worker`"""

from __future__ import annotations

import uvloop

from shared.entry import main_with_settings
from shared.settings import Settings
from worker.service import run_worker


def run(settings: Settings) -> None:
    """Works until SIGINT or SIGTERM."""
    uvloop.run(run_worker(settings))


if __name__ == "__main__":
    main_with_settings("worker", run)
