"""What may be read of the queue; nothing here changes a job."""

from shared.queue.reads.filters import JobFilter, Position, Sort
from shared.queue.reads.history import Bucket, Step
from shared.queue.reads.presence import SchedulerInfo, WorkerInfo
from shared.queue.reads.queue import QueueReads, Selection, published_result

__all__ = [
    "Bucket",
    "JobFilter",
    "Position",
    "QueueReads",
    "SchedulerInfo",
    "Selection",
    "Sort",
    "Step",
    "WorkerInfo",
    "published_result",
]
