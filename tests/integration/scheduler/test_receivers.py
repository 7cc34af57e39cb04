"""Many receivers, some of which don't answer."""

from __future__ import annotations

import asyncio
import base64
import json
from collections import Counter
from collections.abc import AsyncIterator

import httpx
import pytest
from arq.connections import ArqRedis

from scheduler import webhooks
from scheduler.receivers import AT_ONCE, SLOW_AT_ONCE
from scheduler.webhooks import Sender
from shared.outbound import Allowed
from shared.queue.commands import QueueCommands
from shared.queue.outbox import Outbox
from shared.settings import Settings
from tests.factories import spec

SECRET = "whsec_" + base64.b64encode(b"k" * 32).decode()


class Network:
    """Hosts, of which `dead.test` answers nobody; counts what each of them was sent."""

    def __init__(self) -> None:
        self.sent: Counter[str] = Counter()
        self.answers = asyncio.Event()

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        host = request.headers["host"]
        self.sent[host] += 1
        if host == "dead.test":
            await self.answers.wait()
        return httpx.Response(204)


@pytest.fixture
def network() -> Network:
    return Network()


@pytest.fixture
async def sender(
    settings: Settings, redis: ArqRedis, network: Network, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Sender]:
    async def resolve(host: str, port: int, allowed: Allowed) -> str:
        return "93.184.215.14"

    monkeypatch.setattr(webhooks, "resolve", resolve)
    async with httpx.AsyncClient(transport=httpx.MockTransport(network)) as http:
        yield Sender(Outbox(redis), settings, http)


async def ended(commands: QueueCommands, host: str, count: int) -> None:
    """So many jobs that tell a host of their end."""
    webhook = json.dumps({"url": f"https://{host}/", "secret": SECRET})
    for submitted in await commands.submit_batch([spec(webhook=webhook) for _ in range(count)]):
        await commands.cancel(submitted.job_id)


async def settle() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


async def test_a_message_behind_many_to_a_dead_receiver_goes_at_once(
    commands: QueueCommands, sender: Sender, network: Network, redis: ArqRedis
) -> None:
    await ended(commands, "dead.test", 250)
    await ended(commands, "good.test", 3)
    await sender.run_once()
    await settle()
    assert network.sent == {"dead.test": SLOW_AT_ONCE, "good.test": 3}
    network.answers.set()
    await sender.finish()
    tries = [await redis.hget(key, "tries") async for key in redis.scan_iter("report:webhook:*")]
    assert tries == [b"0"] * (250 - SLOW_AT_ONCE)


async def test_all_come_in_the_end(commands: QueueCommands, sender: Sender, network: Network) -> None:
    hosts = [f"host-{number}.test" for number in range(5)]
    for host in hosts:
        await ended(commands, host, AT_ONCE)
    async with asyncio.timeout(60):
        while network.sent.total() < 5 * AT_ONCE:
            await sender.run_once()
            await sender.finish()
            await asyncio.sleep(0.05)
    assert network.sent == dict.fromkeys(hosts, AT_ONCE)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *((field, None) for field in ("webhook", "jobId", "at", "attempts", "reportType")),
        *((field, "x") for field in ("webhook", "at", "attempts", "tries")),
        ("result", "{"),
        *(
            ("webhook", json.dumps({"url": url, "secret": SECRET}))
            for url in (None, 5, ["https://good.test/"])
        ),
        *(("webhook", json.dumps({"url": "https://good.test/", "secret": secret})) for secret in (None, "x")),
        ("webhook", "[]"),
    ],
)
async def test_a_message_that_cannot_be_read_is_given_up_and_the_next_one_goes(
    commands: QueueCommands, sender: Sender, network: Network, redis: ArqRedis, field: str, value: str | None
) -> None:
    await ended(commands, "good.test", 1)
    (damaged,) = [key async for key in redis.scan_iter("report:webhook:*")]
    await ended(commands, "good.test", 1)
    await (redis.hdel(damaged, field) if value is None else redis.hset(damaged, field, value))
    await sender.run_once()
    await sender.finish()
    assert network.sent == {"good.test": 1}
    assert await redis.exists(damaged) == 0
    assert await redis.zcard("report:webhooks") == 0


async def test_what_is_no_message_at_all_is_dropped(
    commands: QueueCommands, sender: Sender, network: Network, redis: ArqRedis
) -> None:
    await ended(commands, "good.test", 1)
    (damaged,) = [key async for key in redis.scan_iter("report:webhook:*")]
    await redis.delete(damaged)
    await redis.set(damaged, "x")
    await ended(commands, "good.test", 1)
    await sender.run_once()
    await sender.finish()
    assert network.sent == {"good.test": 1}
    assert await redis.exists(damaged) == 0
