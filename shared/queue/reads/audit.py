"""What people did that no timeline shows."""

from __future__ import annotations

from dataclasses import dataclass

from arq.connections import ArqRedis

from shared.queue import keys
from shared.redis import unavailable_on_redis_errors


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One action: on the queue, on a worker, on many jobs, or on one that is gone now."""

    #: its id in the stream
    id: str
    at_ms: int
    action: str
    #: empty when the service has no keys
    by: str
    detail: str


async def read_audit(redis: ArqRedis, limit: int) -> list[AuditEntry]:
    """The latest actions, newest first.

    Raises:
        QueueUnavailable: Redis can't be reached.
    """
    with unavailable_on_redis_errors():
        entries = await redis.xrevrange(keys.AUDIT, count=limit)
    return [_entry(*entry) for entry in entries]


def _entry(name: bytes, fields: dict[bytes, bytes]) -> AuditEntry:
    text = {key.decode(): value.decode("utf-8", "replace") for key, value in fields.items()}
    return AuditEntry(name.decode(), int(text["at"]), text["action"], text["by"], text["detail"])
