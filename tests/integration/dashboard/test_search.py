"""Text search finds what a scan of everything finds, once each and in order, page by page."""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from arq.connections import ArqRedis

from shared.job import rfc3339
from shared.queue import keys
from shared.queue.commands import QueueCommands
from shared.queue.leases import Leases
from shared.queue.reads import JobFilter
from shared.queue.reads.search import SearchText, fold, parse
from shared.queue.reads.textsearch import TextSearch
from tests.factories import spec
from tests.integration.dashboard.test_lists import flat

WORDS = ("Straße", "Müller", "north", "SOUTH", "rows", "price", "a1b2")


@dataclass
class Known:
    """A job as a scan of everything sees it."""

    job_id: str
    submitted: str
    reasons: list[str] = field(default_factory=list)


@pytest.fixture
async def known(redis: ArqRedis, commands: QueueCommands, leases: Leases) -> list[Known]:
    """Jobs over many chunks: ids with capitals, failures, failures of jobs that were retried."""
    chance = random.Random(7)
    made: list[Known] = []
    for number in range(120):
        if number % 11 == 5:
            await redis.hset("report:text:head", "lines", "2000")
        title = " ".join(chance.choices(WORDS, k=3))
        job_id = f"Job-{number}-{chance.getrandbits(32):08X}" if number % 3 else f"{number:032x}"
        await commands.submit(spec(job_id=job_id, title=title))
        job = Known(job_id, f"{job_id} {title}")
        made.append(job)
        for _ in range(chance.choice((0, 0, 1, 2))):
            (claimed,) = (await leases.claim(1)).jobs
            reason = " ".join(chance.choices(WORDS, k=3))
            error = {"type": "E", "message": reason, "detail": ""}
            await leases.fail(claimed, error, retryable=False, delay_ms=0)
            job.reasons.append(reason)
            await commands.retry(job_id)
        await commands.cancel(job_id)
    return made


@pytest.mark.parametrize(
    "needle", [*WORDS, "STRASSE", "müller n", "job-1", "0000", "price rows", "no such", "%", "\t"]
)
async def test_a_search_finds_what_a_scan_of_everything_finds(
    needle: str, client: httpx.AsyncClient, known: list[Known]
) -> None:
    found = await flat(client, q=needle)
    assert len(found) == len(set(found))
    wanted = {
        job.job_id
        for job in known
        if any(fold(needle.strip()) in fold(text) for text in (job.submitted, *job.reasons))
    }
    assert set(found) == (wanted if needle.strip() else {job.job_id for job in known})


async def test_jobs_found_by_what_was_submitted_come_newest_first(
    client: httpx.AsyncClient, known: list[Known]
) -> None:
    assert await flat(client, q="job-") == [job.job_id for job in known[::-1] if job.job_id.startswith("J")]


async def test_a_search_whose_time_is_over_goes_on_in_the_next_page(
    client: httpx.AsyncClient, known: list[Known], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = await flat(client, q="müller")
    monkeypatch.setattr("shared.queue.reads.textsearch.SEARCH_SECONDS", -1.0)
    assert await flat(client, q="müller") == whole
    first = (await client.get("/api/jobs", params={"q": known[0].job_id})).json()
    assert first["jobs"] == []
    assert first["nextCursor"] is not None


async def test_many_searches_at_once_read_each_chunk_once(redis: ArqRedis, known: list[Known]) -> None:
    search = TextSearch(redis)
    await redis.config_resetstat()
    wanted = [JobFilter(q=f"no such {number}") for number in range(20)]
    await asyncio.gather(*(search.find(one, None, 10, count=True) for one in wanted))
    stats: dict[str, Any] = await redis.info("commandstats")
    assert stats["cmdstat_mget"]["calls"] == await redis.zcard(keys.TEXT)


async def test_what_a_process_keeps_of_the_text_is_limited(
    redis: ArqRedis, known: list[Known], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.queue.reads.search.KEPT_BYTES", 2_000)
    text = SearchText(redis)
    numbers = await text.numbers(0, 10**15)
    for number in numbers:
        await text.chunk(number, may_grow=False)
    kept = [chunk for number in numbers if (chunk := text.kept(number))]
    assert 0 < sum(len(chunk.folded) for chunk in kept) <= 2_000


def test_a_chunk_gives_ids_as_they_were_and_lines_from_the_last() -> None:
    chunk = parse("AbC\x1fs\x1fÜber alles\nd1\x1fs\x1fabc\nAbC\x1ff\x1füber\n".encode())
    assert [(line.job_id, line.is_failure) for line in chunk.find(fold("ÜBER"))] == [
        ("AbC", True),
        ("AbC", False),
    ]
    by_id = list(chunk.find(b"abc"))
    assert [(line.job_id, line.is_failure) for line in by_id] == [("d1", False), ("AbC", False)]
    assert [line.job_id for line in chunk.find(b"abc", by_id[0].start)] == ["AbC"]
    assert list(chunk.find(b"abc", 0)) == []


async def test_a_search_within_times_finds_what_a_scan_of_them_finds(
    client: httpx.AsyncClient, known: list[Known], redis: ArqRedis
) -> None:
    times = {job.job_id: int(await redis.hget(keys.job(job.job_id), "createdAt")) for job in known}
    for first, last in ((20, 60), (0, 3), (50, 119), (70, 70), (11, 12)):
        low, high = times[known[first].job_id], times[known[last].job_id]
        bounds = {"from": moment(low), "to": moment(high)}
        found = await flat(client, q="müller", **bounds)
        assert len(found) == len(set(found))
        within = [job for job in known if low <= times[job.job_id] <= high]
        submitted = {job.job_id for job in within if "müller" in fold(job.submitted).decode()}
        failed = {job.job_id for job in within if any("Müller" in reason for reason in job.reasons)}
        # the last one's failures come after its submission, the bound
        assert submitted <= set(found) <= submitted | failed
        assert failed - set(found) <= {job.job_id for job in within if times[job.job_id] >= high - 2}


def moment(epoch_ms: int) -> str:
    return str(rfc3339(epoch_ms))


@pytest.mark.parametrize("damage", ["record", "timeline", "createdAt"])
async def test_a_job_that_was_damaged_by_hand_hides_no_other(
    client: httpx.AsyncClient, redis: ArqRedis, commands: QueueCommands, damage: str
) -> None:
    bad, good = [(await commands.submit(spec(title="needle"))).job_id for _ in range(2)]
    if damage == "createdAt":
        await redis.hset(keys.job(bad), "createdAt", "x")
    else:
        key = keys.job(bad) if damage == "record" else keys.log(bad)
        await redis.set(key, "x")
    found = await flat(client, q="needle", **{"from": "2020-01-01T00:00:00Z"})
    assert found == ([good, bad] if damage == "timeline" else [good])
