"""The outbox: messages about the ends of jobs, for the webhooks that the jobs name.

The scripts that end a job write a message in the same step; the scheduler sends it and settles it here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from arq.connections import ArqRedis
from pydantic_core import from_json

from shared.errors import SettingsError
from shared.logs import get_logger
from shared.queue import scripts
from shared.webhooks import secret_bytes

log = get_logger("scheduler")

#: a message that was taken comes back after this long unless it is settled, in milliseconds
TAKEN_MS = 60_000


class Outcome(StrEnum):
    """What became of one try."""

    DELIVERED = "delivered"
    LATER = "later"
    GIVEN_UP = "given-up"


@dataclass(frozen=True, slots=True)
class Message:
    """One end of one job, as it was then."""

    #: stable over all tries
    id: str
    job_id: str
    #: completed, failed or cancelled
    event: str
    #: when, epoch milliseconds
    at_ms: int
    url: str
    secret: str
    #: this one included
    tries: int
    report_type: str
    title: str
    tenant: str
    attempts: int
    result: dict[str, Any] | None
    failed_reason: str | None
    error: dict[str, Any] | None

    def __repr__(self) -> str:
        return f"Message({self.id!r}, {self.event!r})"  # without the secret


class Outbox:
    """All raise `QueueUnavailable` when Redis can't take the command."""

    def __init__(self, redis: ArqRedis) -> None:
        self._redis = redis

    async def take(self, most: int) -> list[Message]:
        """Messages whose time has come. Nobody else gets them for `TAKEN_MS`.

        One that can't be read, since somebody changed it by hand, is given up.
        """
        answer = await scripts.run(self._redis, "take_webhooks", most, TAKEN_MS)
        messages = []
        for name, fields in answer:
            try:
                messages.append(_message(name.decode(), _pairs(fields)))
            except (AttributeError, KeyError, TypeError, ValueError, SettingsError) as error:
                log.error("webhook can't be read", message=repr(name)[:200], reason=type(error).__name__)
                await self.settle(name, Outcome.GIVEN_UP, "the message can't be read")
        return messages

    async def put_back(self, waits: Mapping[str, int]) -> None:
        """Messages that were taken and not tried: they come again after so many milliseconds."""
        if waits:
            flat = [part for item in waits.items() for part in item]
            await scripts.run(self._redis, "put_back_webhooks", *flat)

    async def settle(self, message_id: str | bytes, outcome: Outcome, detail: str, delay_ms: int = 0) -> None:
        """Notes what became of a try, in the job's timeline too; LATER: it comes back after `delay_ms`."""
        await scripts.run(self._redis, "settle_webhook", message_id, outcome.value, delay_ms, detail)


def _pairs(flat: list[bytes]) -> dict[str, str]:
    texts = [part.decode("utf-8", "replace") for part in flat]
    return dict(zip(texts[::2], texts[1::2], strict=True))


def _message(name: str, fields: Mapping[str, str]) -> Message:
    webhook = from_json(fields["webhook"])
    if not isinstance(webhook["url"], str):
        raise TypeError("the URL is no text")
    secret_bytes(webhook["secret"])
    return Message(
        id=name,
        job_id=fields["jobId"],
        event=fields["event"],
        at_ms=int(fields["at"]),
        url=webhook["url"],
        secret=webhook["secret"],
        tries=int(fields["tries"]),
        report_type=fields["reportType"],
        title=fields["title"],
        tenant=fields["tenant"],
        attempts=int(fields["attempts"]),
        result=from_json(fields["result"]) if fields.get("result") else None,
        failed_reason=fields.get("failedReason") or None,
        error=from_json(fields["error"]) if fields.get("error") else None,
    )
