"""The duty that brings back stalled jobs and promotes delayed ones."""

from __future__ import annotations

from shared.logs import get_logger
from shared.metrics import JOBS_STALLED, SWEEPS
from shared.queue.maintenance import Maintenance, Swept

log = get_logger("scheduler")


async def run_once(queue: Maintenance) -> Swept:
    """One sweep; logs each job it found stalled.

    Raises:
        QueueUnavailable: Redis did not take it.
    """
    led = queue.leads
    swept = await queue.sweep()
    if queue.leads != led:
        log.info("this scheduler leads now" if queue.leads else "another scheduler leads")
    SWEEPS.inc()
    for job in swept.stalled:
        if not job.had_begun:
            log.info("job handed back: it had not begun", job_id=job.job_id, worker_id=job.worker_id)
            continue
        JOBS_STALLED.labels(job.state.value).inc()
        log.warning(
            "job stalled",
            job_id=job.job_id,
            worker_id=job.worker_id,
            now=job.state.value,
            overdue_ms=job.overdue_ms,
        )
    if swept.reprieved:
        log.warning("leases prolonged that ended while redis was away", count=swept.reprieved)
    if swept.promoted:
        log.info("delayed jobs fell due", count=swept.promoted)
    return swept
