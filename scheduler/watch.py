"""Decides which workers are lost, by who was connected to Redis and is no longer. Pure decisions, no I/O."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from shared.queue.connections import Connections

#: how long a worker that was heard of but never seen is not looked for again, in ms
SEEK_AGAIN_MS = 10_000

#: how long another scheduler may take to hand back a lost worker's jobs, take-over included, in ms
SETTLED_MS = 30_000


@dataclass(frozen=True, slots=True)
class LostWorker:
    """A worker that had connections and has had none for the time of grace."""

    worker_id: str
    #: since when it has been seen gone, on Redis's clock
    gone_ms: int
    #: when it was last seen connected
    last_seen_ms: int


@dataclass(slots=True)
class _Sighting:
    """What was last seen of a worker."""

    ids: frozenset[int]
    last_seen_ms: int
    #: since when it has been seen without connections; None: it has some
    gone_ms: int | None = None


@dataclass(slots=True)
class Watch:
    """Remembers who was seen connected. A worker that never was is never judged."""

    grace_ms: int
    _workers: dict[str, _Sighting] = field(default_factory=dict)
    _own_id: int = 0
    #: worker → when it was looked for in vain
    _sought: dict[str, int] = field(default_factory=dict)

    @property
    def ids(self) -> list[int]:
        """The connections to ask for."""
        return [number for worker in self._workers.values() for number in worker.ids]

    def forget(self, workers: Iterable[str] | None = None) -> None:
        """Forgets these workers or all: they have to be seen again before they are judged."""
        for worker in list(self._workers if workers is None else workers):
            self._workers.pop(worker, None)

    def drop_settled(self, now_ms: int) -> None:
        """Forgets who has been lost for so long that another scheduler has seen to it."""
        self.forget(
            [worker.worker_id for worker in self.lost(now_ms) if now_ms - worker.gone_ms >= SETTLED_MS]
        )

    def is_unsure(self, seen: Connections) -> bool:
        """Whether the known connections do not tell enough: somebody is missing or new, or ours was lost."""
        missing = any(worker not in seen.workers for worker in self._workers)
        new = any(
            worker not in self._workers
            and seen.at_ms - self._sought.get(worker, -SEEK_AGAIN_MS) >= SEEK_AGAIN_MS
            for worker in seen.heard_of
        )
        return missing or new or seen.own_id != self._own_id

    def look(self, everything: Connections) -> None:
        """Takes in a whole listing.

        When our own connection was lost since the last one, the cause is Redis or the network between us, and
        says nothing about workers: all are forgotten.
        """
        if everything.own_id != self._own_id:
            self.forget()
            self._own_id = everything.own_id
        for worker, ids in everything.workers.items():
            self._workers[worker] = _Sighting(ids, everything.at_ms)
        for worker, sighting in self._workers.items():
            if worker not in everything.workers and sighting.gone_ms is None:
                sighting.gone_ms = everything.at_ms
        unseen = everything.heard_of - self._workers.keys()
        self._sought = {worker: self._sought.get(worker, everything.at_ms) for worker in unseen}
        for worker, since in self._sought.items():
            if everything.at_ms - since >= SEEK_AGAIN_MS:
                self._sought[worker] = everything.at_ms

    def still_there(self, known: Connections) -> None:
        """Takes in an answer about the known connections by which nobody is missing."""
        for worker, ids in known.workers.items():
            self._workers[worker] = _Sighting(ids, known.at_ms)

    def lost(self, now_ms: int) -> list[LostWorker]:
        """Who has been gone for longer than the grace."""
        return [
            LostWorker(worker, sighting.gone_ms, sighting.last_seen_ms)
            for worker, sighting in self._workers.items()
            if sighting.gone_ms is not None and now_ms - sighting.gone_ms >= self.grace_ms
        ]

    def next_look_ms(self, now_ms: int) -> int | None:
        """How long until the next worker has been gone for the grace; None when none is missing."""
        waits = [
            sighting.gone_ms + self.grace_ms - now_ms
            for sighting in self._workers.values()
            if sighting.gone_ms is not None
        ]
        return max(0, min(waits)) if waits else None
