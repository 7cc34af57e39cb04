"""The launcher's way from settings to a running stack and back to an exit code."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from shared.environment import load_settings, unknown_variables
from shared.errors import PressroomError
from shared.launcher.embedded_redis import EmbeddedRedis
from shared.launcher.lock import only_launcher
from shared.launcher.output import Terminal
from shared.launcher.ports import choose_ports
from shared.launcher.services import plan_services
from shared.launcher.supervisor import Supervisor
from shared.settings import CHECKOUT, Settings
from shared.tuning import prefer_throughput


def main() -> int:
    """The exit code: 0 after Ctrl-C, 1 when the stack could not start or be kept running."""
    for name, hint in unknown_variables():
        sys.stderr.write(f"Pressroom: {name} is not a setting{hint}: ignored\n")
    try:
        settings = load_settings()
        prefer_throughput()
        data_dir = CHECKOUT / settings.data_dir
        with only_launcher(data_dir):
            run(settings, data_dir)
    except PressroomError as error:
        sys.stderr.write(f"Pressroom: {error}\n")
        return 1
    return 0


def run(settings: Settings, data_dir: Path) -> None:
    """Runs the stack in the foreground.

    Raises:
        PressroomError: it could not start or be kept running; nothing is left running.
    """
    services = plan_services(settings, choose_ports(settings))
    redis = None if "redis_url" in settings.model_fields_set else EmbeddedRedis(data_dir / "redis")
    colour = bool(settings.force_color or sys.stdout.isatty()) and not settings.no_color
    terminal = Terminal(colour, max(len(service.name) for service in services))
    try:
        asyncio.run(Supervisor(settings, services, data_dir, redis, terminal).run())
    finally:
        terminal.say("Everything is stopped.")
        terminal.close()
