"""Connections to Redis: every kind of URL that the settings take."""

from __future__ import annotations

import pytest

from shared.redis import connect, is_connected
from shared.settings import Settings


@pytest.mark.parametrize(
    "url", ["redis://127.0.0.1:1/0", "rediss://127.0.0.1:1/0", "unix:///no/such.sock?db=1"]
)
async def test_a_redis_that_is_away_is_not_connected_whatever_its_kind(url: str) -> None:
    client = connect(Settings(redis_url=url), "test")
    assert not await is_connected(client)
    await client.aclose()
