"""What the tests of the queue share."""

from __future__ import annotations

import pytest
from arq.connections import ArqRedis

from shared.queue.maintenance import Maintenance


@pytest.fixture
def upkeep(redis: ArqRedis) -> Maintenance:
    return Maintenance(redis, "s1", 2, 1.0)
