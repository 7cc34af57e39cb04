"""The duty that hands back jobs of workers whose connections to Redis are gone, before their leases end."""

from __future__ import annotations

from dataclasses import dataclass

from scheduler.watch import Watch
from shared.logs import get_logger
from shared.metrics import JOBS_STALLED
from shared.queue.connections import ConnectionReads, Connections, ConnectionsHidden
from shared.queue.maintenance import HandedBack, Maintenance

log = get_logger("scheduler")


@dataclass(frozen=True, slots=True)
class Looked:
    """What one look did."""

    handed_back: tuple[HandedBack, ...] = ()
    #: when to look again at the latest, in seconds; None: at the usual interval
    next_look_seconds: float | None = None


class LostWorkers:
    """Looks for lost workers; on a server that hides its connections it says so once, and leases must do."""

    def __init__(self, queue: Maintenance, connections: ConnectionReads, grace_seconds: float) -> None:
        self._queue, self._connections = queue, connections
        self._watch = Watch(round(grace_seconds * 1000))
        self._hidden = False

    async def run_once(self) -> Looked:
        """One look at who is connected.

        Raises:
            QueueUnavailable: Redis did not take it.
        """
        if self._hidden:
            return Looked()
        try:
            seen = await self._look()
        except ConnectionsHidden as hidden:
            self._hidden = True
            log.warning(
                "redis does not tell who is connected; lost workers are known by leases", reason=str(hidden)
            )
            return Looked()
        if not self._queue.leads:
            # the leader sees to the lost; this one must know who was there when it takes over
            self._watch.drop_settled(seen.at_ms)
            return Looked()
        handed_back: list[HandedBack] = []
        for worker in self._watch.lost(seen.at_ms):
            jobs = await self._queue.hand_back(worker.worker_id, worker.gone_ms, worker.last_seen_ms)
            handed_back += jobs or ()
            self._watch.forget([worker.worker_id])
            _tell(worker.worker_id, jobs)
        next_ms = self._watch.next_look_ms(seen.at_ms)
        return Looked(tuple(handed_back), None if next_ms is None else next_ms / 1000)

    def forget(self) -> None:
        """For the time after Redis was away: all have to be seen again."""
        self._watch.forget()

    async def _look(self) -> Connections:
        seen = await self._connections.some(self._watch.ids)
        if not self._watch.is_unsure(seen):
            self._watch.still_there(seen)
            return seen
        seen = await self._connections.all()
        self._watch.look(seen)
        return seen


def _tell(worker_id: str, jobs: list[HandedBack] | None) -> None:
    if jobs is None:
        log.info("a worker without connections gave a sign of life", worker_id=worker_id)
    for job in jobs or ():
        if not job.had_begun:
            log.info("job handed back: it had not begun", job_id=job.job_id, worker_id=worker_id)
            continue
        JOBS_STALLED.labels(job.state.value).inc()
        log.warning(
            "job taken from a lost worker", job_id=job.job_id, worker_id=worker_id, now=job.state.value
        )
