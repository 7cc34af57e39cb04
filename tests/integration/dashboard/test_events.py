"""What a browser that comes back is told of the stream of changes."""

from __future__ import annotations

import pytest
from arq.connections import ArqRedis

from shared.queue.reads.events import EventStream
from tests.factories import JobFactory


async def test_what_came_since_an_event_is_known_and_nothing_came_since_the_last(
    redis: ArqRedis, jobs: JobFactory
) -> None:
    stream = EventStream(redis)
    await jobs.waiting()
    seen = await stream.last_id()
    job_id = await jobs.waiting()
    assert [event.fields["jobId"] for event in await stream.since(seen) or []] == [job_id]
    assert await stream.since(await stream.last_id()) == []


@pytest.mark.parametrize("after", ["999999999999999-0", "1-1"])
async def test_after_an_event_that_the_stream_never_had_or_has_no_more_all_begins_anew(
    redis: ArqRedis, jobs: JobFactory, after: str
) -> None:
    await jobs.waiting()
    assert await EventStream(redis).since(after) is None


async def test_an_empty_stream_knows_no_event(redis: ArqRedis) -> None:
    assert await EventStream(redis).since("999999999999999-0") is None
