"""A producer behind a real socket, in the test's own process: what an ASGI transport goes past is there."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from producer.app import make_app
from shared.http.server import EmbeddedServer, listen, make_config
from shared.redis import connect
from shared.settings import Settings


@dataclass
class Served:
    """A producer behind a socket."""

    port: int
    #: how many requests its lane was offered, and how many it took
    offered: int = 0
    taken: int = 0

    async def raw(self, *parts: bytes, pause: float = 0.0, answers: int = 1) -> bytes:
        """What comes back for these bytes: that many whole answers, or all until the server closes."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        for part in parts:
            writer.write(part)
            await writer.drain()
            await asyncio.sleep(pause)
        received, is_head = b"", parts[0].startswith(b"HEAD")
        async with asyncio.timeout(10):
            while answers and (head := await reader.readline()):
                while not head.endswith(b"\r\n\r\n"):
                    head += await reader.readline()
                if head.startswith(b"HTTP/1.1 100 "):
                    received += head
                    continue
                length = re.search(rb"content-length: (\d+)", head)
                body = b"" if is_head or length is None else await reader.readexactly(int(length[1]))
                received += head + body
                answers -= 1
        writer.close()
        return received


@asynccontextmanager
async def served(settings: Settings, *, with_lane: bool = True) -> AsyncIterator[Served]:
    """A producer that runs in the test's own process; without its lane the app gets everything."""
    app = make_app(settings, connect(settings, "test-producer"))
    listener = listen("127.0.0.1", 0, "test")
    result = Served(listener.getsockname()[1])
    if with_lane:
        take = app.state.lane.take

        def counting(*arguments: Any) -> bool:
            result.offered += 1
            taken = bool(take(*arguments))
            result.taken += taken
            return taken

        app.state.lane.take = counting
    else:
        app.state.lane = None
    server = EmbeddedServer(make_config(app, settings))
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    while not server.started:
        await asyncio.sleep(0.01)
    try:
        yield result
    finally:
        server.should_exit = True
        await serving
