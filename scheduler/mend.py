"""The duty that compares records and queue, and puts right what disagrees."""

from __future__ import annotations

from shared.logs import get_logger
from shared.metrics import RECORDS_MENDED
from shared.queue.maintenance import Maintenance, Mended

log = get_logger("scheduler")


async def run_once(queue: Maintenance) -> list[Mended]:
    """Goes through what is unfinished, or the next part of it when that is much; logs each repair.

    Raises:
        QueueUnavailable: Redis did not take it.
    """
    repairs = await queue.mend()
    for repair in repairs:
        if repair.done:
            RECORDS_MENDED.inc()
            log.warning("record mended", job_id=repair.job_id, what=repair.what)
        else:
            log.error("record can't be mended", job_id=repair.job_id, reason=repair.what)
    return repairs
