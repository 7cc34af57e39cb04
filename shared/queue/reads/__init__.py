"""What may be read of the queue; nothing here changes a job."""

from shared.queue.reads.audit import AuditEntry
from shared.queue.reads.filters import JobFilter, Position, Sort
from shared.queue.reads.history import Bucket, Step
from shared.queue.reads.presence import SchedulerInfo, WorkerInfo
from shared.queue.reads.queue import QueueReads, Selection, published_result
from shared.queue.reads.snapshot import Snapshot

__all__ = [
    "AuditEntry",
    "Bucket",
    "JobFilter",
    "Position",
    "QueueReads",
    "SchedulerInfo",
    "Selection",
    "Snapshot",
    "Sort",
    "Step",
    "WorkerInfo",
    "published_result",
]
