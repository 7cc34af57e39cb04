"""A running stack for the directed tests: one for all of them, since each leaves it whole."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.e2e.faults.cluster import Cluster
from tests.e2e.faults.desk import Desk
from tests.e2e.faults.recorder import Recorder
from tests.e2e.faults.scene import Scene

#: everything else is at its default
SETTINGS = {
    "PRESSROOM_LEASE_SECONDS": "3",
    "PRESSROOM_SWEEP_SECONDS": "0.25",
    "PRESSROOM_MEND_SECONDS": "1",
    "PRESSROOM_GRACE_SECONDS": "1",
    "PRESSROOM_POISON_LIMIT": "3",
    "PRESSROOM_RETRY_BASE_SECONDS": "0.2",
    "PRESSROOM_RETRY_MAX_SECONDS": "0.5",
    "PRESSROOM_RENDER_MEMORY_MB": "512",
    "PRESSROOM_ORPHAN_SECONDS": "1800",
    "PRESSROOM_CLEANUP_SECONDS": "1",
}
#: one worker, one scheduler and the producer are wrong by minutes, in seconds
SKEWS = (0.0, 240.0, 0.0, -420.0, 600.0)


@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def scene(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Scene]:
    """Two workers, two schedulers, a producer and a dashboard, recorded."""
    cluster = Cluster(tmp_path_factory.mktemp("faults"), skews=SKEWS, **SETTINGS)
    async with cluster, contextlib.AsyncExitStack() as stack:
        admin = await stack.enter_async_context(cluster.client("tests:admin"))
        recorder = Recorder(await stack.enter_async_context(cluster.client("tests:recorder")))
        recording = asyncio.create_task(recorder.run())
        yield Scene(cluster, recorder, admin, random.Random(7))
        recorder.stop()
        await recording
        assert cluster.deaths == []


@pytest_asyncio.fixture(loop_scope="package")
async def desk(scene: Scene) -> AsyncIterator[Desk]:
    """A client of a stack whose services are all there."""
    await scene.cluster.ready()
    async with Desk(scene.cluster, scene.recorder) as desk:
        yield desk
