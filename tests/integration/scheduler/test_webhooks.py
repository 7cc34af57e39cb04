"""Webhooks of jobs: sent when the job has ended, signed, until they are taken, and never to the inside."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from arq.connections import ArqRedis

from scheduler import webhooks
from scheduler.webhooks import Sender
from shared.outbound import AddressRefused, Allowed
from shared.queue import keys
from shared.queue.commands import QueueCommands
from shared.queue.leases import Leases
from shared.queue.outbox import Outbox
from shared.queue.reads import QueueReads
from shared.settings import Settings
from tests.factories import ERROR, RESULT, JobFactory, spec

SECRET = "whsec_" + base64.b64encode(b"k" * 32).decode()
WEBHOOK = json.dumps({"url": "https://hook.test:8443/in?x=1", "secret": SECRET})


class Receiver:
    """Remembers what it was sent, and answers with the statuses it is told to; 204 when none is left."""

    def __init__(self) -> None:
        self.sent: list[httpx.Request] = []
        self.statuses: list[int] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.sent.append(request)
        return httpx.Response(self.statuses.pop(0) if self.statuses else 204)


@pytest.fixture
def receiver() -> Receiver:
    return Receiver()


@pytest.fixture
async def sender(
    settings: Settings, redis: ArqRedis, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Sender]:
    async def resolve(host: str, port: int, allowed: Allowed) -> str:
        assert (host, port) == ("hook.test", 8443)
        return "93.184.215.14"

    monkeypatch.setattr(webhooks, "resolve", resolve)
    async with httpx.AsyncClient(transport=httpx.MockTransport(receiver)) as http:
        yield Sender(Outbox(redis), settings, http)


async def send(sender: Sender) -> int:
    begun = await sender.run_once()
    await sender.finish()
    return begun


async def come_due(redis: ArqRedis) -> None:
    """As if the wait until the next try were over."""
    for name in await redis.zrange("report:webhooks", 0, -1):
        await redis.zadd("report:webhooks", {name: 1})


async def events_of(reads: QueueReads, job_id: str) -> list[tuple[str, str | None]]:
    document = await reads.document(job_id)
    assert document is not None
    assert SECRET not in json.dumps(document)
    return [
        (entry["event"], entry["detail"])
        for entry in document["timeline"]
        if entry["event"].startswith("webhook")
    ]


async def test_a_completed_job_is_told_signed_and_to_the_checked_address(
    jobs: JobFactory, sender: Sender, receiver: Receiver, reads: QueueReads
) -> None:
    job_id = await jobs.completed(webhook=WEBHOOK, title="March", tenant="north")
    assert await send(sender) == 1
    (request,) = receiver.sent
    assert str(request.url) == "https://93.184.215.14:8443/in?x=1"
    assert request.headers["host"] == "hook.test:8443"
    assert request.extensions["sni_hostname"] == "hook.test"
    message = f"{request.headers['webhook-id']}.{request.headers['webhook-timestamp']}.".encode()
    digest = hmac.new(b"k" * 32, message + request.content, hashlib.sha256).digest()
    assert request.headers["webhook-signature"] == f"v1,{base64.b64encode(digest).decode()}"
    body = json.loads(request.content)
    assert body["type"] == "report.completed"
    data = body["data"]
    assert (data["jobId"], data["title"], data["tenant"]) == (job_id, "March", "north")
    assert data["result"]["sha256"] == RESULT["sha256"]
    assert await events_of(reads, job_id) == [("webhook-delivered", "HTTP 204, try 1")]
    assert await send(sender) == 0


async def test_failed_and_cancelled_jobs_are_told_with_what_happened(
    jobs: JobFactory, sender: Sender, receiver: Receiver
) -> None:
    await jobs.failed(webhook=WEBHOOK)
    await jobs.cancelled(webhook=WEBHOOK)
    await send(sender)
    bodies = [json.loads(request.content) for request in receiver.sent]
    assert {body["type"] for body in bodies} == {"report.failed", "report.cancelled"}
    (failed,) = [body["data"] for body in bodies if body["type"] == "report.failed"]
    assert failed["failedReason"] == ERROR["message"]
    assert failed["result"] is None


async def test_jobs_without_a_webhook_tell_nobody(jobs: JobFactory, sender: Sender) -> None:
    await jobs.completed()
    await jobs.failed()
    assert await send(sender) == 0


async def test_a_refusal_is_tried_again_with_the_same_id_until_it_is_taken(
    jobs: JobFactory, sender: Sender, receiver: Receiver, redis: ArqRedis, reads: QueueReads
) -> None:
    receiver.statuses = [500, 302]
    job_id = await jobs.completed(webhook=WEBHOOK)
    for _ in range(3):
        assert await send(sender) == 1
        assert await send(sender) == 0  # not before its time
        await come_due(redis)
    assert len(receiver.sent) == 3  # the redirect was not followed
    assert len({request.headers["webhook-id"] for request in receiver.sent}) == 1
    assert await events_of(reads, job_id) == [
        ("webhook-not-delivered", "HTTP 500, try 1"),
        ("webhook-not-delivered", "HTTP 302, try 2"),
        ("webhook-delivered", "HTTP 204, try 3"),
    ]


async def test_it_is_given_up_in_the_end_and_at_once_when_the_receiver_is_gone(
    jobs: JobFactory, sender: Sender, receiver: Receiver, redis: ArqRedis, reads: QueueReads
) -> None:
    gone = await jobs.completed(webhook=WEBHOOK)
    receiver.statuses = [410]
    await send(sender)
    assert await events_of(reads, gone) == [("webhook-given-up", "HTTP 410, try 1")]
    job_id = await jobs.completed(webhook=WEBHOOK)
    tries = len(webhooks.WAITS_SECONDS) + 1
    receiver.statuses = [500] * tries
    for _ in range(tries):
        await send(sender)
        await come_due(redis)
    assert (await events_of(reads, job_id))[-1] == ("webhook-given-up", f"HTTP 500, try {tries}")
    assert await redis.keys("report:webhook*") == []


async def test_what_a_dead_sender_took_comes_back(jobs: JobFactory, redis: ArqRedis, sender: Sender) -> None:
    await jobs.completed(webhook=WEBHOOK)
    assert len(await Outbox(redis).take(10)) == 1
    assert await send(sender) == 0
    await come_due(redis)
    assert await send(sender) == 1


async def test_the_message_outlives_the_job(
    jobs: JobFactory, commands: QueueCommands, sender: Sender, receiver: Receiver
) -> None:
    job_id = await jobs.completed(webhook=WEBHOOK)
    await commands.remove(job_id)
    await send(sender)
    assert json.loads(receiver.sent[0].content)["data"]["jobId"] == job_id


async def test_each_end_of_a_retried_job_is_told_under_its_own_id(
    jobs: JobFactory, commands: QueueCommands, leases: Leases, sender: Sender, receiver: Receiver
) -> None:
    job_id = await jobs.failed(webhook=WEBHOOK)
    await commands.retry(job_id)
    (job,) = (await leases.claim(1)).jobs
    await leases.complete(job, RESULT)
    await leases.complete(job, RESULT)  # once more, after a lost reply
    await send(sender)
    told = {request.headers["webhook-id"]: json.loads(request.content)["type"] for request in receiver.sent}
    assert sorted(told.values()) == ["report.completed", "report.failed"]


async def test_a_request_that_is_answered_with_a_finished_job_is_told_too(
    jobs: JobFactory, commands: QueueCommands, sender: Sender, receiver: Receiver
) -> None:
    reuse: dict[str, Any] = {"reuse_hash": "ab12", "reuse_seconds": 60}
    done = await jobs.completed(**reuse)
    answer = await commands.submit(spec(webhook=WEBHOOK, **reuse))
    assert (answer.job_id, answer.reused) == (done, True)
    (other,) = await commands.submit_batch([spec(webhook=WEBHOOK, **reuse)])
    assert other.job_id == done
    await send(sender)
    assert [json.loads(request.content)["data"]["jobId"] for request in receiver.sent] == [done, done]
    assert len({request.headers["webhook-id"] for request in receiver.sent}) == 2


async def test_a_private_address_is_refused_when_it_is_sent(
    jobs: JobFactory,
    sender: Sender,
    receiver: Receiver,
    reads: QueueReads,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def resolve(host: str, port: int, allowed: Allowed) -> str:
        raise AddressRefused("hook.test is 10.0.0.1, which is not a public address")

    monkeypatch.setattr(webhooks, "resolve", resolve)
    job_id = await jobs.completed(webhook=WEBHOOK)
    await send(sender)
    assert receiver.sent == []
    ((event, detail),) = await events_of(reads, job_id)
    assert event == "webhook-given-up"
    assert "not a public address" in str(detail)


async def test_the_secret_is_in_no_list_event_or_log_line(
    jobs: JobFactory, redis: ArqRedis, sender: Sender, capsys: pytest.CaptureFixture[str]
) -> None:
    await jobs.failed(webhook=WEBHOOK)
    assert SECRET not in str(await redis.xrange(keys.EVENTS))
    assert SECRET not in str(await Outbox(redis).take(1))
    assert SECRET not in capsys.readouterr().out


async def test_a_message_arrives_over_a_real_connection(
    jobs: JobFactory, settings: Settings, redis: ArqRedis, reads: QueueReads
) -> None:
    received: list[bytes] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        received.append(head + await reader.readexactly(length))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")  # and never sends that
        await writer.drain()
        await reader.read()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    webhook = json.dumps({"url": f"http://localhost:{port}/in", "secret": SECRET})
    allowed = settings.model_copy(update={"webhook_allow": "127.0.0.1,::1"})
    async with server, webhooks.client() as http:
        private = await jobs.completed(webhook=webhook)
        await send(Sender(Outbox(redis), settings, http))
        job_id = await jobs.completed(webhook=webhook)
        await send(Sender(Outbox(redis), allowed, http))
    assert (await events_of(reads, private))[0][0] == "webhook-given-up"
    assert await events_of(reads, job_id) == [("webhook-delivered", "HTTP 200, try 1")]
    (message,) = received
    assert f"host: localhost:{port}".encode() in message.lower()
    assert job_id.encode() in message
