"""Large jobs take some of a worker's slots, and the others never wait for them."""

from __future__ import annotations

from typing import Any

import pytest
from arq.connections import ArqRedis

from shared.job import JobState
from shared.queue import keys
from shared.queue.commands import Large, QueueCommands
from shared.queue.leases import HandBack, Leases
from shared.queue.maintenance import Maintenance
from shared.queue.reads import QueueReads
from shared.settings import Settings
from tests.factories import ERROR, spec


async def submit(commands: QueueCommands, *, large: bool = False, **options: Any) -> str:
    rows = 20_000 if large else 0
    return (await commands.submit(spec(dataset_rows=rows, **options))).job_id


async def claimed(leases: Leases, slots: int, large: int | None = None) -> list[str]:
    return [job.id for job in (await leases.claim(slots, large)).jobs]


async def test_a_job_is_large_by_its_datasets_rows_or_by_its_payload(
    redis: ArqRedis, leases: Leases, reads: QueueReads
) -> None:
    commands = QueueCommands(redis, large=Large(rows=100, payload_bytes=2_000))
    for changes, expected in (
        ({"dataset_rows": 99}, False),
        ({"dataset_rows": 100}, True),
        ({"title": "x" * 3_000}, True),
    ):
        job_id = (await commands.submit(spec(**changes))).job_id
        (job,) = (await leases.claim(1)).jobs
        document = await reads.document(job_id)
        assert (job.is_large, document and document["large"]) == (expected, expected)


async def test_large_jobs_take_no_more_slots_than_they_may(commands: QueueCommands, leases: Leases) -> None:
    large = [await submit(commands, large=True) for _ in range(3)]
    small = [await submit(commands) for _ in range(2)]
    assert await claimed(leases, 4, large=1) == [large[0], *small]
    assert await claimed(leases, 4, large=0) == []
    assert await claimed(leases, 4) == large[1:]


async def test_large_and_small_jobs_keep_one_order(commands: QueueCommands, leases: Leases) -> None:
    order = [(5, True), (5, False), (0, False), (9, True), (0, True), (9, False), (5, True), (4, False)]
    ids = [await submit(commands, priority=priority, large=large) for priority, large in order]
    expected = [ids[i] for i in sorted(range(len(order)), key=lambda i: (order[i][0], i))]
    assert await claimed(leases, 8) == expected


async def test_a_large_job_keeps_its_place_after_a_stall_a_retry_and_a_hand_back(
    commands: QueueCommands, leases: Leases, redis: ArqRedis
) -> None:
    job_id = await submit(commands, large=True)
    (job,) = (await leases.claim(1)).jobs
    await leases.release(job, HandBack.SHUTDOWN)
    assert await claimed(leases, 1, large=0) == []
    (job,) = (await leases.claim(1)).jobs
    assert await leases.fail(job, ERROR, retryable=True, delay_ms=0) is JobState.WAITING
    assert await claimed(leases, 1, large=0) == []
    (job,) = (await leases.claim(1)).jobs
    await leases.fail(job, ERROR, retryable=False, delay_ms=0)
    await commands.retry(job_id)
    assert await claimed(leases, 1, large=0) == []
    assert await claimed(leases, 1, large=1) == [job_id]


async def test_a_large_job_is_large_when_it_falls_due(commands: QueueCommands, leases: Leases) -> None:
    job_id = await submit(commands, large=True, delay_ms=1)
    while (await leases.claim(1, large=0)).next_due_ms is not None:
        pass
    assert await claimed(leases, 1, large=0) == []
    assert await claimed(leases, 1, large=1) == [job_id]


async def test_mending_puts_a_large_job_back_where_large_ones_wait(
    commands: QueueCommands, leases: Leases, redis: ArqRedis, upkeep: Maintenance
) -> None:
    job_id = await submit(commands, large=True)
    await redis.zrem(keys.QUEUE, job_id)
    await upkeep.mend()
    assert await claimed(leases, 1, large=0) == []
    assert await claimed(leases, 1) == [job_id]


async def test_a_worker_without_room_for_a_large_job_wakes_another_one(
    commands: QueueCommands, leases: Leases, redis: ArqRedis
) -> None:
    await submit(commands, large=True)
    await redis.delete(keys.WAKE)
    assert await claimed(leases, 2, large=0) == []
    assert await redis.llen(keys.WAKE) == 1
    assert await claimed(leases, 2, large=0) == []
    assert await redis.llen(keys.WAKE) == 1  # not round and round while nobody has room


@pytest.mark.parametrize(
    ("concurrency", "given", "expected"), [(1, None, 1), (2, None, 1), (8, None, 7), (4, 9, 4)]
)
def test_a_worker_keeps_one_slot_for_the_others_when_it_has_two(
    concurrency: int, given: int | None, expected: int
) -> None:
    settings = Settings(worker_concurrency=concurrency, large_job_slots=given)
    assert settings.slots_for_large_jobs == expected
