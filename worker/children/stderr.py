"""What a process wrote to stderr last, kept for the error of a crash."""

from __future__ import annotations

import asyncio
import os
from typing import Final

KEPT_BYTES: Final = 16_384
CHUNK_BYTES: Final = 2048
#: how long the end of a dead process's pipe is waited for, in seconds
END_TIMEOUT_SECONDS: Final = 1.0


class LastWords:
    """Reads a process's stderr to its end, so that the process never waits for a reader."""

    def __init__(self, stream: asyncio.StreamReader, transport: asyncio.ReadTransport | None = None) -> None:
        self._stream, self._transport = stream, transport
        self._kept = bytearray()
        self._reading = asyncio.create_task(self._read())

    @classmethod
    async def over(cls, descriptor: int) -> LastWords:
        """What comes out of a pipe; it is closed in the end."""
        stream = asyncio.StreamReader()
        transport, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(stream), os.fdopen(descriptor, "rb")
        )
        return cls(stream, transport)

    async def all(self) -> str:
        """Of a process that has ended: what it said of a crash comes before the pipe's end."""
        await asyncio.wait([self._reading], timeout=END_TIMEOUT_SECONDS)
        return self._kept.decode("utf-8", "replace")

    def stop(self) -> None:
        """Reads no further."""
        self._reading.cancel()
        if self._transport is not None:
            self._transport.close()

    async def close(self) -> None:
        """Reads no further, and waits until our end of the pipe is closed."""
        self.stop()
        await asyncio.gather(self._reading, return_exceptions=True)

    async def _read(self) -> None:
        while chunk := await self._stream.read(CHUNK_BYTES):
            self._kept += chunk
            del self._kept[:-KEPT_BYTES]
