"""Starts other programs from a service, whatever its other threads do at that moment.

uvloop's own way (libuv's `uv_spawn`) forks and runs Python in the fork before the program takes over, and the
event loop waits for that without end. A lock that another thread held at the fork, such as the dynamic
linker's, is never released there: then both wait for ever. `subprocess` forks by vfork(2) and runs no Python.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
from collections.abc import Mapping, Sequence
from typing import IO

from shared.settings import CHECKOUT

#: all that a program of ours knows of its surroundings: no address, no password
ENVIRONMENT = {"PATH": os.defpath, "LANG": "C.UTF-8", "TZ": "UTC", "PYTHONPATH": str(CHECKOUT)}
#: how often a program is looked at where the kernel does not tell of its end, in seconds
_LOOK_SECONDS = 0.05


class Program:
    """A program that was started. Somebody must wait for its end."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        self._ended: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self.pid = process.pid
        #: there where a pipe was asked for
        self.stdin: asyncio.StreamWriter | None = None
        self.stdout: asyncio.StreamReader | None = None
        self.stderr: asyncio.StreamReader | None = None

    @classmethod
    async def start(
        cls,
        command: Sequence[str],
        *,
        env: Mapping[str, str],
        cwd: str | os.PathLike[str],
        stdin: int = subprocess.DEVNULL,
        stdout: int = subprocess.DEVNULL,
        stderr: int = subprocess.DEVNULL,
        pass_fds: Sequence[int] = (),
    ) -> Program:
        """Starts a program in a session of its own. `stdin` and so on as for `subprocess`.

        Raises:
            OSError: there is no such program, or no process or descriptor is left for it.
        """
        process = subprocess.Popen(  # noqa: ASYNC220 - it returns as soon as the program has begun
            command,
            env=env,
            cwd=cwd,
            stdin=stdin,
            stdout=stdout,
            stderr=stderr,
            pass_fds=pass_fds,
            start_new_session=True,
        )
        program = cls(process)
        try:
            program._watch()
            program.stdin = await _writer(process.stdin) if process.stdin else None
            program.stdout = await _reader(process.stdout) if process.stdout else None
            program.stderr = await _reader(process.stderr) if process.stderr else None
        except BaseException:
            program.kill()
            process.wait()
            raise
        return program

    @property
    def returncode(self) -> int | None:
        """Its exit status, or minus the signal that ended it; None while it runs."""
        return self._ended.result() if self._ended.done() else None

    def kill(self) -> None:
        """SIGKILL, if it runs."""
        self._process.kill()

    async def wait(self) -> int:
        """Its exit status once it has ended, or minus the signal that ended it."""
        return await asyncio.shield(self._ended)

    def _watch(self) -> None:
        loop = asyncio.get_running_loop()
        if not hasattr(os, "pidfd_open"):
            self._look(loop)
            return
        descriptor = os.pidfd_open(self.pid)

        def on_end() -> None:
            loop.remove_reader(descriptor)
            os.close(descriptor)
            self._ended.set_result(self._process.wait())

        loop.add_reader(descriptor, on_end)

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        status = self._process.poll()
        if status is None:
            loop.call_later(_LOOK_SECONDS, self._look, loop)
        else:
            self._ended.set_result(status)


class _ClosedAtTheEnd(asyncio.StreamReaderProtocol):
    """Of a pipe, which has no other direction that could stay open."""

    def eof_received(self) -> bool:
        super().eof_received()
        return False


async def _reader(pipe: IO[bytes]) -> asyncio.StreamReader:
    stream = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: _ClosedAtTheEnd(stream), pipe)
    return stream


async def _writer(pipe: IO[bytes]) -> asyncio.StreamWriter:
    loop = asyncio.get_running_loop()
    transport, protocol = await loop.connect_write_pipe(
        lambda: asyncio.StreamReaderProtocol(asyncio.StreamReader()), pipe
    )
    return asyncio.StreamWriter(transport, protocol, None, loop)
