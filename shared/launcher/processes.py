"""A service that is kept running: started, watched, restarted, ended together with its own children."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import time
from collections import deque

import httpx

from shared.entry import EXIT_CONFIGURATION
from shared.errors import PressroomError
from shared.launcher.output import Terminal
from shared.launcher.relay import Relay
from shared.launcher.services import Service
from shared.launcher.tether import tethered
from shared.settings import CHECKOUT

FIRST_BACKOFF_SECONDS = 0.5
MAX_BACKOFF_SECONDS = 10.0
#: a service that lived this long has proved that it can, ready or not
PROVED_AFTER_SECONDS = 5.0
#: deaths in a row, each before the service had proved itself, after which it is given up
MAX_EARLY_DEATHS = 4
READY_POLL_SECONDS = 0.1
#: for the output of a service that has ended
LAST_WORDS_SECONDS = 2.0
TAIL_LINES = 15


class ServiceKeepsDying(PressroomError):
    """A service ends at each start; the text holds its last lines."""


class Keeper:
    """Keeps one service running until it is told to stop."""

    def __init__(
        self, service: Service, env: dict[str, str], base_url: str | None, terminal: Terminal, colour: int
    ) -> None:
        self.service = service
        self.ready = asyncio.Event()
        self._env = env
        self._ready_url = f"{base_url}/ready" if base_url else None
        self._terminal = terminal
        self._colour = colour
        self._stopping = asyncio.Event()
        self._process: asyncio.subprocess.Process | None = None
        self._tail: deque[str] = deque(maxlen=TAIL_LINES)

    async def keep_running(self) -> None:
        """Starts the service again whenever it ends, later and later while it can't prove itself.

        Raises:
            ServiceKeepsDying: it ended too often before it had proved itself, or its settings can't work.
        """
        early_deaths = 0
        while not self._stopping.is_set():
            proved, how = await self._run_once()
            if self._stopping.is_set():
                return
            early_deaths = 0 if proved else early_deaths + 1
            if early_deaths >= MAX_EARLY_DEATHS or self._is_misconfigured():
                raise ServiceKeepsDying(self._obituary(how, early_deaths))
            wait_seconds = min(FIRST_BACKOFF_SECONDS * 2 ** max(0, early_deaths - 1), MAX_BACKOFF_SECONDS)
            self._terminal.say(f"{self.service.name} {how}; starting it again in {wait_seconds:g} s")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), wait_seconds)

    def ask_to_stop(self) -> None:
        """SIGTERM: the service finishes or hands over its work."""
        self._stopping.set()
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        """SIGKILL for the service and its own children."""
        self._stopping.set()
        if self._process is not None:
            _kill_group(self._process.pid)

    async def _run_once(self) -> tuple[bool, str]:
        """Whether the service proved itself before it ended, and how it ended."""
        began = time.monotonic()
        relay = Relay(self._terminal, self.service.name, self._colour, self._tail)
        watch: asyncio.Task[None] | None = None
        try:
            process = await self._spawn(relay)
            self.ready.clear()
            watch = asyncio.create_task(self._watch_ready())
            code = await process.wait()
            _kill_group(process.pid)  # what a killed worker leaves behind; it also closes the pipe
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(relay.ended.wait(), LAST_WORDS_SECONDS)
        finally:
            relay.close()
            if watch is not None:
                watch.cancel()
        proved = self.ready.is_set() or time.monotonic() - began >= PROVED_AFTER_SECONDS
        self.ready.clear()
        return proved, _how_it_ended(process.pid, code)

    async def _spawn(self, relay: Relay) -> asyncio.subprocess.Process:
        # a session of its own: the terminal's Ctrl-C reaches the launcher alone, which stops all in order
        command = [sys.executable, "-m", self.service.module]
        try:
            self._process = await asyncio.create_subprocess_exec(
                *tethered(command, signal.SIGKILL),
                cwd=CHECKOUT,
                env={**os.environ, **self._env, **self.service.start_env()},
                stdin=asyncio.subprocess.DEVNULL,
                stdout=relay.writable,
                stderr=asyncio.subprocess.STDOUT,
                start_new_session=True,
            )
        finally:
            relay.started()
        if self._stopping.is_set():  # told to stop while it was being started
            self._signal(signal.SIGTERM)
        return self._process

    async def _watch_ready(self) -> None:
        if self._ready_url is None:
            await asyncio.sleep(PROVED_AFTER_SECONDS / 5)  # no HTTP: still there is all that can be seen
            self.ready.set()
            return
        async with httpx.AsyncClient(trust_env=False, timeout=2.0) as client:
            while True:
                with contextlib.suppress(httpx.HTTPError):
                    if (await client.get(self._ready_url)).status_code == httpx.codes.OK:
                        self.ready.set()
                        return
                await asyncio.sleep(READY_POLL_SECONDS)

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None and self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self._process.send_signal(number)

    def _is_misconfigured(self) -> bool:
        return self._process is not None and self._process.returncode == EXIT_CONFIGURATION

    def _obituary(self, how: str, deaths: int) -> str:
        lines = "\n".join(f"    {line}" for line in self._tail) or "    (it printed nothing)"
        often = f", {deaths} times in a row" if deaths > 1 else ""
        return f"{self.service.name} {how}{often}; its last lines:\n{lines}"


def _kill_group(pid: int) -> None:
    """The service leads a group of its own, which lasts while any of its children does."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


def _how_it_ended(pid: int, code: int) -> str:
    if code >= 0:
        return f"(process {pid}) ended with exit code {code}"
    try:
        return f"(process {pid}) was ended by {signal.Signals(-code).name}"
    except ValueError:
        return f"(process {pid}) was ended by signal {-code}"
