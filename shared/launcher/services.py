"""What `make run` starts: the four services, each with its environment."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field

from shared.settings import Settings


@dataclass(frozen=True, slots=True)
class Service:
    """One process to keep running."""

    #: what the output is prefixed with, for example `worker-1`
    name: str
    #: the package to run: `python -m MODULE`
    module: str
    #: set for this process only, on top of what all services get
    env: dict[str, str] = field(default_factory=dict)
    #: answers 200 on /ready when the service can work; None for a service without HTTP
    port: int | None = None

    def start_env(self) -> dict[str, str]:
        """The environment of one start.

        A worker gets a new id each time: a successor that answered to its predecessor's id would make the
        predecessor's jobs look owned until their leases expire.
        """
        if self.module != "worker":
            return self.env
        return {**self.env, "PRESSROOM_WORKER_ID": f"{self.name}-{secrets.token_hex(3)}"}


def plan_services(settings: Settings, worker_ports: list[int]) -> list[Service]:
    """The services in the order in which they start."""
    workers = [
        Service(f"worker-{number}", "worker", {"PRESSROOM_WORKER_PORT": str(port)}, port)
        for number, port in enumerate(worker_ports, start=1)
    ]
    return [
        Service("producer", "producer", port=settings.producer_port),
        *workers,
        Service("scheduler", "scheduler"),
        Service("dashboard", "dashboard", port=settings.dashboard_port),
    ]


def shared_env(settings: Settings, redis_url: str, data_dir: str, colour: bool) -> dict[str, str]:
    """What every service gets on top of the launcher's own environment."""
    env = {"REDIS_URL": redis_url, "PRESSROOM_DATA_DIR": data_dir, "PYTHONUNBUFFERED": "1"}
    if "log_format" not in settings.model_fields_set:
        env["PRESSROOM_LOG_FORMAT"] = "console"
    if colour:
        env["FORCE_COLOR"] = "1"
    return env


def local_url(settings: Settings, port: int) -> str:
    """Where this machine reaches a service that listens on `settings.host`."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.host, settings.host)  # noqa: S104 - compared
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
