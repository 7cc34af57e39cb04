"""The network between a service and Redis: a relay that can go dark or lose the answers."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

HOST = "127.0.0.1"
CHUNK_BYTES = 65_536


class Link:
    """Relays connections to a port of this machine."""

    def __init__(self, port: int) -> None:
        #: where the service connects to
        self.port = port
        self._target = 0
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()
        self._requests, self._replies = asyncio.Event(), asyncio.Event()

    async def open(self, target: int) -> None:
        """Begins to relay to the port `target`."""
        self._target = target
        self._requests.set()
        self._replies.set()
        self._server = await asyncio.start_server(self._serve, HOST, self.port)

    async def close(self) -> None:
        """Ends every connection."""
        if self._server is not None:
            self._server.close()
        await self._cut()

    @contextlib.asynccontextmanager
    async def dark(self) -> AsyncIterator[None]:
        """Nothing gets through, and both sides believe they are connected; at the end all of it arrives."""
        self._requests.clear()
        self._replies.clear()
        try:
            yield
        finally:
            self._requests.set()
            self._replies.set()

    @contextlib.asynccontextmanager
    async def without_replies(self) -> AsyncIterator[None]:
        """Redis does what it is told and nobody hears of it; at the end the connections break."""
        self._replies.clear()
        try:
            yield
        finally:
            await self._cut()
            self._replies.set()

    async def _cut(self) -> None:
        for connection in list(self._connections):
            connection.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        with contextlib.suppress(OSError, asyncio.CancelledError):
            await self._relay(reader, writer)
        self._connections.discard(task)
        writer.close()

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._requests.wait()
        far_reader, far_writer = await asyncio.open_connection(HOST, self._target)
        pumps = [
            asyncio.create_task(_pump(reader, far_writer, self._requests)),
            asyncio.create_task(_pump(far_reader, writer, self._replies)),
        ]
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for pump in pumps:
                pump.cancel()
            await asyncio.gather(*pumps, return_exceptions=True)
            far_writer.close()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, gate: asyncio.Event) -> None:
    while chunk := await reader.read(CHUNK_BYTES):
        await gate.wait()
        writer.write(chunk)
        await writer.drain()
