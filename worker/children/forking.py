"""The fork server as its worker holds it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
from dataclasses import dataclass

from shared.errors import RenderChildDied
from shared.programs import ENVIRONMENT, Program
from shared.settings import CHECKOUT
from worker.children.deaths import detail_of
from worker.children.forkserver import ANSWER, FORK, REQUEST, RUNS, STATUS, UNKNOWN
from worker.children.stderr import LastWords

#: what is started
FORK_SERVER_MODULE = "worker.children.forkserver"
#: how long a new child may take until it is ready, in seconds; the fork server loads fonts in that time
START_TIMEOUT_SECONDS = 60
#: how long the fork server may take to tell how a child ended, in seconds
STATUS_TIMEOUT_SECONDS = 5
#: waits between two looks at a child that was killed, in seconds; doubling up to the longest
FIRST_LOOK_SECONDS = 0.002
LONGEST_LOOK_SECONDS = 0.1


class ForkServer:
    """Forks render children. The process behind it starts when first needed, and again when it has died."""

    def __init__(self, memory_mb: int) -> None:
        #: address space a child may use
        self.memory_mb = memory_mb
        self._current: _Process | None = None
        self._retired: list[_Process] = []
        self._starting = asyncio.Lock()

    async def fork(self, connection: int, stderr: int) -> ForkedChild:
        """A new child that talks over the socket `connection`; both descriptors stay the caller's.

        Raises:
            RenderChildDied: there is no fork server, it does not answer, or the system refused.
        """
        async with self._starting:
            if self._current is None or not self._current.is_usable:
                await self._replace()
            server = self._current
        assert server is not None  # noqa: S101 - just made
        pid = await server.ask(FORK, 0, START_TIMEOUT_SECONDS, (connection, stderr))
        if pid is None:
            raise await server.death()
        if pid < 0:
            raise RenderChildDied(f"a render child could not be forked: {os.strerror(-pid)}")
        return ForkedChild(pid, server)

    async def close(self) -> None:
        """Kills the fork server, and with it every child that still runs."""
        servers = [*self._retired, *([self._current] if self._current else [])]
        self._current, self._retired = None, []
        for server in servers:
            await server.close()

    async def _replace(self) -> None:
        if self._current is not None:
            self._retired.append(self._current)
            self._current = None
        for server in [server for server in self._retired if server.is_dead]:
            self._retired.remove(server)
            await server.close()
        self._current = await _Process.start(self.memory_mb)


@dataclass(frozen=True, slots=True)
class ForkedChild:
    """A child's place in the process table; it keeps its pid until `reap` has answered."""

    pid: int
    _server: _Process

    def kill(self) -> None:
        """Ends the child at once, and whatever it started."""
        if not self._server.is_dead:  # its children are dead, too, and their pids are anybody's
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, signal.SIGKILL)

    async def reap(self) -> int | None:
        """Waits until the child has ended; its exit status, or minus the signal; None: nobody knows."""
        wait = FIRST_LOOK_SECONDS
        while (status := await self._server.ask(STATUS, self.pid, STATUS_TIMEOUT_SECONDS)) == RUNS:
            await asyncio.sleep(wait)
            wait = min(2 * wait, LONGEST_LOOK_SECONDS)
        return None if status == UNKNOWN else status


class _Process:
    """One process of the fork server."""

    def __init__(self, program: Program, control: socket.socket, last_words: LastWords) -> None:
        self._program, self._control, self._last_words = program, control, last_words
        self._asking = asyncio.Lock()
        self._answers = True

    @classmethod
    async def start(cls, memory_mb: int) -> _Process:
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        try:
            with theirs:
                program = await _start_program(theirs.fileno(), memory_mb)
        except BaseException:
            ours.close()
            raise
        assert program.stderr is not None  # noqa: S101 - asked for
        return cls(program, ours, LastWords(program.stderr))

    @property
    def is_dead(self) -> bool:
        return self._program.returncode is not None

    @property
    def is_usable(self) -> bool:
        return self._answers and not self.is_dead

    async def ask(
        self, kind: bytes, pid: int, seconds: float, descriptors: tuple[int, ...] = ()
    ) -> int | None:
        """The answer; None when none came in time. A caller that is cancelled leaves no answer behind."""
        return await asyncio.shield(asyncio.create_task(self._ask(kind, pid, seconds, descriptors)))

    async def death(self) -> RenderChildDied:
        """What is known of a process that does not answer."""
        if not self.is_dead:
            await asyncio.wait([asyncio.create_task(self._program.wait())], timeout=1)
        if not self.is_dead:
            return RenderChildDied("a render child could not be forked: the fork server does not answer")
        reason = f"a render child could not be forked: the fork server ended with {self._program.returncode}"
        return RenderChildDied(reason, detail=detail_of(await self._last_words.all()))

    async def close(self) -> None:
        self._control.close()
        self._program.kill()
        await self._program.wait()
        await self._last_words.close()

    async def _ask(self, kind: bytes, pid: int, seconds: float, descriptors: tuple[int, ...]) -> int | None:
        async with self._asking:
            if not self._answers:
                return None
            try:
                async with asyncio.timeout(seconds):
                    socket.send_fds(self._control, [REQUEST.pack(kind, pid)], descriptors)
                    return await self._answer()
            except (OSError, EOFError, TimeoutError):
                # an answer that comes late would be taken for another one's
                self._answers = False
                return None

    async def _answer(self) -> int:
        loop, raw = asyncio.get_running_loop(), b""
        while len(raw) < ANSWER.size:
            part = await loop.sock_recv(self._control, ANSWER.size - len(raw))
            if not part:
                raise EOFError
            raw += part
        (answer,) = ANSWER.unpack(raw)
        return int(answer)


async def _start_program(control: int, memory_mb: int) -> Program:
    command = (sys.executable, "-m", FORK_SERVER_MODULE, str(control), str(memory_mb))
    try:
        return await Program.start(
            command, env=ENVIRONMENT, cwd=CHECKOUT, stderr=subprocess.PIPE, pass_fds=(control,)
        )
    except OSError as error:
        reason = f"the fork server could not be started: {error.strerror}"
        raise RenderChildDied(reason, detail=str(error)) from error
