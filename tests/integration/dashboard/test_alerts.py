"""Alerts on a real queue: noticed once, told once, over once."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator
from dataclasses import replace

import httpx
import orjson
import pytest
from arq.connections import ArqRedis

from scheduler import alerts
from scheduler.alerts import Watch
from shared.queue.leases import Leases
from shared.queue.reads import QueueReads
from shared.queue.watch import AlertLog
from shared.settings import Settings

SECRET = "whsec_" + base64.b64encode(b"k" * 32).decode()


class Receiver:
    """Remembers what it was sent; refuses the first `refusals` messages."""

    def __init__(self) -> None:
        self.sent: list[httpx.Request] = []
        self.refusals = 0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.sent.append(request)
        return httpx.Response(503 if len(self.sent) <= self.refusals else 204)


@pytest.fixture
def receiver() -> Receiver:
    return Receiver()


@pytest.fixture
async def watch(settings: Settings, redis: ArqRedis, receiver: Receiver) -> AsyncIterator[Watch]:
    changes = {
        "alert_webhook_url": "https://hook.test/in",
        "alert_webhook_secret": SECRET,
        "alert_disk_mb": 0,
    }
    own = settings.model_copy(update=changes)
    async with httpx.AsyncClient(transport=httpx.MockTransport(receiver)) as http:
        yield Watch(QueueReads(redis), AlertLog(redis), own, http)


async def test_an_alert_is_told_once_and_its_end_once(
    watch: Watch, receiver: Receiver, leases: Leases
) -> None:
    assert [(alert.name, alert.firing) for alert in await alerts.run_once(watch)] == [("no-workers", True)]
    assert await alerts.run_once(watch) == []
    assert list(await watch.alerts.since()) == ["no-workers"]
    await leases.heartbeat([], {"pid": "1", "host": "h", "port": "1", "uptime": "1", "concurrency": "1"})
    assert [(alert.name, alert.firing) for alert in await alerts.run_once(watch)] == [("no-workers", False)]
    kinds = [orjson.loads(request.content)["type"] for request in receiver.sent]
    assert kinds == ["alert.firing", "alert.resolved"]
    assert all(request.headers["webhook-signature"].startswith("v1,") for request in receiver.sent)
    assert await watch.alerts.since() == {}


async def test_a_receiver_that_refuses_is_tried_again_with_the_same_id(
    watch: Watch, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def no_wait(_: float) -> None:
        return None

    monkeypatch.setattr("scheduler.alerts.asyncio.sleep", no_wait)
    receiver.refusals = 2
    await alerts.run_once(watch)
    assert len(receiver.sent) == 3
    assert len({request.headers["webhook-id"] for request in receiver.sent}) == 1


async def test_a_url_that_turns_out_to_be_none_is_told_and_ends_nothing(
    watch: Watch, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def no_wait(_: float) -> None:
        pass

    monkeypatch.setattr(alerts.asyncio, "sleep", no_wait)
    bad = replace(
        watch, settings=watch.settings.model_copy(update={"alert_webhook_url": "http://a.test:80a/"})
    )
    assert [alert.name for alert in await alerts.run_once(bad)] == ["no-workers"]
    assert receiver.sent == []
    assert list(await watch.alerts.since()) == ["no-workers"]


async def test_a_receiver_that_hangs_is_waited_for_once_for_all(
    watch: Watch,
) -> None:
    asked: list[str] = []
    all_asked = asyncio.Event()

    async def hang(request: httpx.Request) -> httpx.Response:
        asked.append(orjson.loads(request.content)["data"]["name"])
        if len(asked) == 2:
            all_asked.set()
        await all_asked.wait()
        return httpx.Response(204)

    watch.settings.storage_path.mkdir()
    own = watch.settings.model_copy(update={"alert_disk_mb": 10**9})
    async with httpx.AsyncClient(transport=httpx.MockTransport(hang)) as http, asyncio.timeout(20):
        changed = await alerts.run_once(replace(watch, settings=own, http=http))
    assert sorted(asked) == sorted(alert.name for alert in changed)
    assert len(asked) == 2
