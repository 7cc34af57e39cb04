"""Turns as an executor takes them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from worker.children.pool import ChildPool
from worker.children.turns import Order, Turn


@asynccontextmanager
async def turn_of(
    children: ChildPool, order: Order, hold_seconds: float | None = None
) -> AsyncIterator[Turn]:
    """The turn of a job, which is left in the end."""
    turn = await children.begin(order, asyncio.timeout(hold_seconds))
    try:
        yield turn
    finally:
        children.leave(turn)
