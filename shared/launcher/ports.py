"""Which ports the services get, and who has a port that is taken."""

from __future__ import annotations

import errno
import socket
import subprocess
from pathlib import Path

from shared.errors import PressroomError
from shared.settings import Settings

LISTENING = "0A"  # TCP_LISTEN in /proc/net/tcp
HIGHEST_PORT = 65_535


class PortTaken(PressroomError):
    """A port that a service needs can't be had; the text names it and the setting to change."""


def choose_ports(settings: Settings) -> list[int]:
    """The ports of the workers: the configured one, then the next free ones.

    Raises:
        PortTaken: a configured port is taken, or named twice.
    """
    wanted = {
        "PRESSROOM_PRODUCER_PORT": settings.producer_port,
        "PRESSROOM_WORKER_PORT": settings.worker_port,
        "PRESSROOM_DASHBOARD_PORT": settings.dashboard_port,
    }
    seen: dict[int, str] = {}
    for setting, port in wanted.items():
        if port in seen:
            raise PortTaken(f"{seen[port]} and {setting} are both {port}: give each its own port")
        seen[port] = setting
        obstacle = listening_fails(settings.host, port)
        if obstacle is not None:
            raise PortTaken(_explain(settings.host, port, setting, obstacle))
    return [settings.worker_port, *_next_free(settings, set(seen), settings.workers - 1)]


def is_free(host: str, port: int) -> bool:
    """Whether a service could listen there now."""
    return listening_fails(host, port) is None


def listening_fails(host: str, port: int) -> OSError | None:
    """Why a service could not listen there now; None when it could."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as the services do
            probe.bind((host, port))
            probe.listen(1)
    except OSError as error:
        return error
    return None


def _explain(host: str, port: int, setting: str, obstacle: OSError) -> str:
    if obstacle.errno == errno.EADDRINUSE:
        holder = port_holder(port)
        by = f" by {holder}" if holder else ""
        return f"port {port} is taken{by}: stop that program, or set {setting} to another port"
    if obstacle.errno == errno.EACCES:
        return f"port {port} is for the administrator alone: set {setting} to a port above 1023"
    return f"PRESSROOM_HOST: listening on {host} fails: {obstacle.strerror or obstacle}"


def _next_free(settings: Settings, used: set[int], count: int) -> list[int]:
    found: list[int] = []
    port = settings.worker_port
    while len(found) < count:
        port += 1
        if port > HIGHEST_PORT:
            raise PortTaken(
                f"no {count} free ports above {settings.worker_port}: lower PRESSROOM_WORKER_PORT"
            )
        if port not in used and is_free(settings.host, port):
            found.append(port)
    return found


def port_holder(port: int) -> str | None:
    """Name and id of the process that listens there; None when that can't be told."""
    try:
        if Path("/proc/net/tcp").exists():
            return _holder_from_proc(port)
        return _holder_from_lsof(port)
    except (OSError, subprocess.SubprocessError, ValueError, IndexError):
        return None


def _holder_from_proc(port: int) -> str | None:
    inodes = set()
    for table in (Path("/proc/net/tcp"), Path("/proc/net/tcp6")):
        for line in table.read_text().splitlines()[1:] if table.exists() else ():
            fields = line.split()
            if fields[3] == LISTENING and int(fields[1].rpartition(":")[2], 16) == port:
                inodes.add(f"socket:[{fields[9]}]")
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if any(str(entry.readlink()) in inodes for entry in (process / "fd").iterdir()):
                return f"{(process / 'comm').read_text().strip()} (process {process.name})"
        except OSError:  # another user's, or gone meanwhile
            continue
    return None


def _holder_from_lsof(port: int) -> str | None:
    command = ["lsof", "-nP", f"-iTCP:{port}", "-sTCP:LISTEN", "-Fpc"]
    output = subprocess.run(command, capture_output=True, text=True, timeout=3, check=False).stdout
    facts = {line[0]: line[1:] for line in output.splitlines() if line}
    return f"{facts['c']} (process {facts['p']})" if {"c", "p"} <= facts.keys() else None
