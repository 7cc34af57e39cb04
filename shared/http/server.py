"""Running an app under uvicorn."""

from __future__ import annotations

import errno
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import uvicorn
from fastapi import FastAPI

from shared.errors import SettingsError
from shared.http.lane import Lane, lane_protocol
from shared.settings import Settings
from shared.tuning import calm_the_collector


def listen(host: str, port: int, setting: str) -> socket.socket:
    """A listening socket.

    Raises:
        SettingsError: the port is taken or the host is not this machine's; names the setting to change.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(2048)
    except OSError as error:
        listener.close()
        reason = "is in use by another program" if error.errno == errno.EADDRINUSE else f"fails: {error}"
        raise SettingsError(f"{setting}: listening on {host}:{port} {reason}") from None
    listener.setblocking(False)
    return listener


def make_config(app: FastAPI, settings: Settings) -> uvicorn.Config:
    """A server that logs through our logging and answers what it has begun before it ends.

    `app.state.lane`, when there is one, is asked first for each request of its path.
    """
    lane: Lane | None = getattr(app.state, "lane", None)
    return uvicorn.Config(
        app,
        http=lane_protocol(lane) if lane else "auto",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=max(1, round(settings.grace_seconds)),
        timeout_keep_alive=30,
    )


class EmbeddedServer(uvicorn.Server):
    """A server inside a process that handles its signals itself."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leaves the signals alone."""
        yield


class StandaloneServer(uvicorn.Server):
    """A server that is its whole process: a signal that asked it to end is not raised again afterwards.

    `app.state.on_stop`, when there is one, is called before the server waits for its open requests: an
    endless answer ends then.
    """

    def __init__(self, app: FastAPI, settings: Settings) -> None:
        super().__init__(make_config(app, settings))
        self._app = app

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Ends what would never end by itself, then waits for the rest."""
        getattr(self._app.state, "on_stop", lambda: None)()
        await super().shutdown(sockets)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Ends in good order; a second SIGINT does not wait for open requests."""
        if self.should_exit and sig == signal.SIGINT:
            self.force_exit = True
        self.should_exit = True


def serve(app: FastAPI, settings: Settings, port: int, setting: str) -> None:
    """Serves until SIGINT or SIGTERM, then returns."""
    server = StandaloneServer(app, settings)
    calm_the_collector()
    server.run(sockets=[listen(settings.host, port, setting)])
    if not server.started:
        sys.exit(1)
