"""`python -m shared.launcher.forward HOST`: the worker port in front of any number of workers.

Containers of one service share a name but can't share a published port. Each connection goes to one of the
addresses that the name has at that moment, and to the next one when that does not answer.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import signal
import socket
import sys

from shared.entry import main_with_settings
from shared.settings import Settings

CONNECT_SECONDS = 2.0
CHUNK_BYTES = 65_536


async def forward(settings: Settings, target: str) -> None:
    """Serves until SIGINT or SIGTERM."""
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)

    async def on_client(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):  # either side may hang up at any time
            await _serve(reader, writer, target, settings.worker_port)
        writer.close()

    server = await asyncio.start_server(on_client, settings.host, settings.worker_port)
    await stop.wait()
    server.close()


async def _serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, target: str, port: int) -> None:
    far_reader, far_writer = await _connect(target, port)
    try:
        await asyncio.gather(_copy(reader, far_writer), _copy(far_reader, writer))
    finally:
        far_writer.close()


async def _connect(target: str, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A connection to one of the target's addresses.

    Raises:
        OSError: none of them answers, or the name has none.
    """
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(target, port, type=socket.SOCK_STREAM)
    addresses = [str(entry[4][0]) for entry in found]
    random.shuffle(addresses)
    for address in addresses:
        with contextlib.suppress(OSError, TimeoutError):
            return await asyncio.wait_for(asyncio.open_connection(address, port), CONNECT_SECONDS)
    raise ConnectionError(f"none of the {len(addresses)} addresses of {target} answers")


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while chunk := await reader.read(CHUNK_BYTES):
        writer.write(chunk)
        await writer.drain()
    with contextlib.suppress(OSError):
        writer.write_eof()


if __name__ == "__main__":
    main_with_settings("worker-port", lambda settings: asyncio.run(forward(settings, sys.argv[1])))
