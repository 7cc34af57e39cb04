from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any, cast

import orjson
import pytest

from dashboard import live
from dashboard.live import Hub, collapse
from shared.errors import QueueUnavailable
from shared.job import JobState
from shared.queue.reads.events import Event


class FakeStream:
    """A stream that a test fills."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.grown = asyncio.Event()

    def add(self, **fields: str) -> None:
        self.events.append(Event(f"{len(self.events) + 1}-0", fields))
        self.grown.set()

    async def last_id(self) -> str:
        return self.events[-1].id if self.events else "0-0"

    async def wait(self, after: str, block_ms: int) -> list[Event]:
        while not (found := self.events[int(after.split("-")[0]) :]):
            self.grown.clear()
            await self.grown.wait()
        return found

    async def since(self, after: str) -> list[Event] | None:
        position = int(after.split("-")[0])
        return self.events[position:] if position else None

    async def counts(self) -> dict[JobState, int]:
        return dict.fromkeys(JobState, 1)


@pytest.fixture
def stream() -> FakeStream:
    return FakeStream()


@pytest.fixture
async def hub(stream: FakeStream, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Hub]:
    monkeypatch.setattr(live, "GATHER_SECONDS", 0)
    made = Hub(cast(Any, stream), cast(Any, stream))
    yield made
    await made.close()


def parse(frame: bytes) -> tuple[str, str, Any]:
    fields = dict(line.split(": ", 1) for line in frame.decode().strip().split("\n"))
    return fields["event"], fields.get("id", ""), orjson.loads(fields["data"])


async def test_every_browser_gets_every_change(hub: Hub, stream: FakeStream) -> None:
    streams = [hub.follow(None) for _ in range(3)]
    assert [parse(await anext(one))[0] for one in streams] == ["hello"] * 3
    stream.add(jobId="a", event="claimed", state="active", at="5", attempt="1")
    for one in streams:
        kind, event_id, body = parse(await anext(one))
        assert (kind, event_id, body["counts"]["waiting"]) == ("changes", "1-0", 1)
        assert body["changes"][0] == {
            "jobId": "a",
            "event": "claimed",
            "state": "active",
            "workerId": None,
            "detail": None,
            "at": 5,
            "attempt": 1,
        }


async def test_a_browser_that_comes_back_gets_what_it_missed(hub: Hub, stream: FakeStream) -> None:
    for name in "abc":
        stream.add(jobId=name, event="claimed", state="active")
    kind, event_id, body = parse(await anext(hub.follow("1-0")))
    assert (kind, event_id) == ("changes", "3-0")
    assert [change["jobId"] for change in body["changes"]] == ["b", "c"]


async def test_a_browser_that_missed_too_much_starts_anew(hub: Hub, stream: FakeStream) -> None:
    assert parse(await anext(hub.follow("0-5")))[0] == "reset"


async def test_an_idle_stream_gets_comments(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "HEARTBEAT_SECONDS", 0.001)
    following = hub.follow(None)
    await anext(following)
    assert (await anext(following)).startswith(b": ")


async def test_a_browser_that_does_not_keep_up_is_let_go(
    hub: Hub, stream: FakeStream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "MAX_BEHIND", 2)
    slow = hub.follow(None)
    await anext(slow)
    for number in range(5):
        stream.add(jobId=str(number), event="claimed", state="active")
        await asyncio.sleep(0)
        hub._send(b"event: x\n\n")
    frames = [frame async for frame in slow]
    assert len(frames) == 2
    assert hub.listeners == 0


async def test_streams_end_when_the_server_does(hub: Hub) -> None:
    following = hub.follow(None)
    await anext(following)
    hub.end_streams()
    assert [frame async for frame in following] == []


def test_only_the_last_progress_of_a_job_is_sent() -> None:
    events = [
        Event("1-0", {"jobId": "a", "event": "progress", "progress": "1"}),
        Event("2-0", {"jobId": "b", "event": "progress", "progress": "7"}),
        Event("3-0", {"jobId": "a", "event": "progress", "progress": "9"}),
        Event("4-0", {"jobId": "a", "event": "completed"}),
    ]
    kept = [(change["jobId"], change["event"], change.get("progress")) for change in collapse(events)]
    assert kept == [("b", "progress", 7), ("a", "progress", 9), ("a", "completed", None)]


async def test_changes_that_could_not_be_sent_are_sent_later(
    hub: Hub, stream: FakeStream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "_RETRY_SECONDS", 0)
    counts, failures = stream.counts, [QueueUnavailable("down")]

    async def failing_once() -> dict[JobState, int]:
        if failures:
            raise failures.pop()
        return await counts()

    monkeypatch.setattr(stream, "counts", failing_once)
    one = hub.follow(None)
    assert parse(await anext(one))[0] == "hello"
    stream.add(jobId="a", event="claimed", state="active")
    assert parse(await anext(one))[0] == "redis-down"
    kind, event_id, body = parse(await anext(one))
    assert (kind, event_id, body["changes"][0]["jobId"]) == ("changes", "1-0", "a")
