"""What happened per minute, hour and day: the compact buckets that `lua/lib/history.lua` counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from arq.connections import ArqRedis

from shared.queue import keys
from shared.redis import unavailable_on_redis_errors

#: how the counters are called in a bucket's hash
COUNTERS = ("submitted", "completed", "failed", "cancelled", "stalled", "retrying", "retried")

#: a bucket's hash as Redis holds it
Record = Mapping[bytes, bytes]


class Step(StrEnum):
    """The width of a bucket."""

    MINUTE = "minute"
    HOUR = "hour"
    DAY = "day"

    @property
    def width_ms(self) -> int:
        """In milliseconds."""
        return {Step.MINUTE: 60_000, Step.HOUR: 3_600_000, Step.DAY: 86_400_000}[self]

    @property
    def shown(self) -> int:
        """How many of them a chart has."""
        return {Step.MINUTE: 60, Step.HOUR: 48, Step.DAY: 60}[self]


@dataclass(frozen=True, slots=True)
class Bucket:
    """One minute, hour or day."""

    #: its beginning, epoch milliseconds
    start_ms: int
    #: how often each of `COUNTERS` happened
    counts: Mapping[str, int]
    #: of the completed jobs: from claimable to completed; None when there are none
    mean_total_ms: float | None
    mean_run_ms: float | None
    p50_total_ms: float | None
    p95_total_ms: float | None
    pages: int
    file_bytes: int


class History:
    """Reads the buckets. The ones that are over do not change, so a process keeps them.

    The last minute in which something happened is not yet part of its hour and its day: it is added here.
    """

    def __init__(self, redis: ArqRedis) -> None:
        self._redis = redis
        self._over: dict[tuple[Step, int], Bucket] = {}
        #: the minute that was open last time, epoch milliseconds
        self._open = 0

    async def read(self, step: Step, now_ms: int) -> list[Bucket]:
        """The buckets of a chart, oldest first; empty ones included.

        Raises:
            QueueUnavailable: Redis can't be reached.
        """
        moments = starts(step, now_ms)
        missing = [start for start in moments if (step, start) not in self._over]
        records = await self._records(step, missing)
        fresh = {start: bucket_from(start, record) for start, record in zip(missing, records, strict=True)}
        found = [fresh.get(start) or self._over[step, start] for start in moments]
        growing = self._open - self._open % step.width_ms
        self._keep(step, [bucket for bucket in found[:-1] if bucket.start_ms != growing])
        return found

    async def _records(self, step: Step, moments: list[int]) -> list[Record]:
        """The hashes of the buckets, with the open minute, all of one moment."""
        while True:
            with unavailable_on_redis_errors():
                async with self._redis.pipeline(transaction=True) as pipe:
                    pipe.get(keys.HISTORY_OPEN)
                    pipe.hgetall(keys.history(Step.MINUTE, self._open))
                    for start in moments:
                        pipe.hgetall(keys.history(step, start))
                    raw, minute, *records = await pipe.execute()
            if int(raw or 0) == self._open:
                break
            self._open = int(raw or 0)
        if step is Step.MINUTE:
            return records
        growing = self._open - self._open % step.width_ms
        return [
            with_minute(record, minute) if start == growing else record
            for start, record in zip(moments, records, strict=True)
        ]

    def _keep(self, step: Step, over: list[Bucket]) -> None:
        self._over = {key: bucket for key, bucket in self._over.items() if key[0] is not step}
        self._over |= {(step, bucket.start_ms): bucket for bucket in over}


def with_minute(record: Record, minute: Record) -> Record:
    """A longer bucket's hash with a minute added to it."""
    names = {*record, *minute}
    return {name: b"%d" % (int(record.get(name, 0)) + int(minute.get(name, 0))) for name in names}


def starts(step: Step, now_ms: int) -> list[int]:
    """The beginnings of the buckets that a chart shows, oldest first."""
    current = now_ms - now_ms % step.width_ms
    return [current - back * step.width_ms for back in reversed(range(step.shown))]


def bucket_from(start_ms: int, record: Record) -> Bucket:
    """Reads the hash `report:history:<step>:<start>`."""
    numbers = {name.decode(): int(value) for name, value in record.items()}
    completed = numbers.get("completed", 0)
    histogram = {
        int(name[1:]): count for name, count in numbers.items() if name[:1] == "t" and name[1:].isdigit()
    }
    return Bucket(
        start_ms=start_ms,
        counts={name: numbers.get(name, 0) for name in COUNTERS},
        mean_total_ms=round(numbers.get("totalMs", 0) / completed, 1) if completed else None,
        mean_run_ms=round(numbers.get("runMs", 0) / completed, 1) if completed else None,
        p50_total_ms=quantile(histogram, 0.5),
        p95_total_ms=quantile(histogram, 0.95),
        pages=numbers.get("pages", 0),
        file_bytes=numbers.get("bytes", 0),
    )


def quantile(histogram: Mapping[int, int], share: float) -> float | None:
    """The time below which `share` of the jobs lie, from buckets that begin at 2^(k/2) ms.

    Within a bucket the jobs are taken to be spread evenly, so the error is at most the bucket's width (41 %).
    """
    total = sum(histogram.values())
    if total == 0:
        return None
    wanted, seen = share * total, 0
    for number in sorted(histogram):
        size = histogram[number]
        if seen + size >= wanted:
            low = 2 ** (number / 2) if number else 0.0
            high = float(2 ** ((number + 1) / 2))
            return round(low + (high - low) * (wanted - seen) / size, 1)
        seen += size
    raise AssertionError("the buckets hold all jobs")
