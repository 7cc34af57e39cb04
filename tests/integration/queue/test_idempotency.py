"""One Idempotency-Key, one job."""

from __future__ import annotations

import pytest

from shared.errors import IdempotencyConflict
from shared.job import JobState
from shared.queue.commands import QueueCommands
from shared.queue.reads import QueueReads
from tests.factories import spec


async def test_the_same_idempotency_key_and_body_make_one_job(
    commands: QueueCommands, reads: QueueReads
) -> None:
    first = await commands.submit(spec(idempotency_key="k", body_hash="h"))
    second = await commands.submit(spec(idempotency_key="k", body_hash="h"))
    assert (second.job_id, second.created) == (first.job_id, False)
    assert (await reads.counts())[JobState.WAITING] == 1


async def test_the_same_idempotency_key_for_another_body_is_a_conflict(commands: QueueCommands) -> None:
    first = await commands.submit(spec(idempotency_key="k", body_hash="h"))
    with pytest.raises(IdempotencyConflict) as caught:
        await commands.submit(spec(idempotency_key="k", body_hash="other"))
    assert caught.value.job_id == first.job_id
