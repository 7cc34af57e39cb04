"""Copies are bounded, the longest unused go first, and what is needed now stays."""

from __future__ import annotations

import asyncio
import errno
import hashlib
import os
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import IO

import pytest

from shared.storage import cache as cache_module
from shared.storage.cache import Copy, FileCache, WrongBytes, evictable

SIZE = 1000
MINUTE_NS = 60 * 10**9


def copies(*ages_minutes: int) -> list[Copy]:
    now = time.time_ns()
    return [Copy(str(age), SIZE, now - age * MINUTE_NS) for age in ages_minutes]


def test_the_longest_unused_go_first_and_what_was_used_just_now_does_not() -> None:
    assert [copy.name for copy in evictable(copies(20, 40, 0, 30), time.time_ns())] == ["40", "30", "20"]


def content(number: int) -> bytes:
    return number.to_bytes(2, "big") * (SIZE // 2)


def bytes_of(number: int) -> Callable[[], AsyncIterator[bytes]]:
    async def fetch() -> AsyncIterator[bytes]:
        yield content(number)[:7]
        yield content(number)[7:]

    return fetch


async def take(cache: FileCache, number: int, unused_minutes: int = 0) -> Path:
    path = await cache.get(f"{number}.pdf", hashlib.sha256(content(number)).hexdigest(), bytes_of(number))
    used_ns = time.time_ns() - unused_minutes * MINUTE_NS
    os.utime(path, ns=(used_ns, path.stat().st_mtime_ns))
    return path


@pytest.fixture
def cache(tmp_path: Path) -> FileCache:
    return FileCache(tmp_path / "copies", 10 * SIZE)


async def test_the_cache_stays_within_its_limit(cache: FileCache) -> None:
    for number in range(50):
        await take(cache, number, unused_minutes=100 - number)
        assert sum(path.stat().st_size for path in cache.folder.iterdir()) <= 10 * SIZE
    assert (cache.folder / "49.pdf").exists()


async def test_what_other_processes_have_added_counts(cache: FileCache) -> None:
    other = FileCache(cache.folder, 10 * SIZE)
    for number in range(0, 60, 2):
        await take(cache, number, unused_minutes=100 - number)
        await take(other, number + 1, unused_minutes=100 - number)
    assert sum(path.stat().st_size for path in cache.folder.iterdir()) <= 12 * SIZE


async def test_what_was_used_just_now_stays_though_there_is_no_room(cache: FileCache) -> None:
    paths = [await take(cache, number) for number in range(20)]
    assert all(path.exists() for path in paths)


async def test_use_keeps_a_copy(cache: FileCache) -> None:
    for number in range(8):
        await take(cache, number, unused_minutes=50 - number)
    await take(cache, 0)
    await take(cache, 8)
    await take(cache, 9)
    assert (cache.folder / "0.pdf").exists()
    assert not (cache.folder / "1.pdf").exists()


async def test_what_is_held_stays_for_other_processes_too(cache: FileCache) -> None:
    sha256 = hashlib.sha256(content(0)).hexdigest()
    path = await cache.hold("0.pdf", sha256, bytes_of(0))
    os.utime(path, ns=(0, path.stat().st_mtime_ns))
    other = FileCache(cache.folder, SIZE)
    await take(other, 1)
    assert path.exists()
    cache.release(path)
    await take(FileCache(cache.folder, SIZE), 2)
    assert not path.exists()


async def test_a_file_evicted_while_it_is_being_held_is_fetched_anew(
    cache: FileCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    sha256 = hashlib.sha256(content(0)).hexdigest()
    locked, calls = cache_module._locked, []

    def evicted_before(path: Path) -> object:
        calls.append(path)
        if len(calls) == 1:
            path.unlink()
        return locked(path)

    monkeypatch.setattr(cache_module, "_locked", evicted_before)
    path = await cache.hold("0.pdf", sha256, bytes_of(0))
    assert path.read_bytes() == content(0)
    assert len(calls) == 2
    cache.release(path)


async def test_wrong_bytes_are_kept_nowhere_and_the_next_try_may_do(cache: FileCache) -> None:
    sha256 = hashlib.sha256(content(0)).hexdigest()
    with pytest.raises(WrongBytes):
        await cache.get("0.pdf", sha256, bytes_of(1))
    assert list(cache.folder.iterdir()) == []
    assert (await cache.get("0.pdf", sha256, bytes_of(0))).read_bytes() == content(0)


async def test_copies_are_private(cache: FileCache) -> None:
    await take(cache, 0)
    assert cache.folder.stat().st_mode & 0o077 == 0


async def test_who_hangs_up_does_not_end_the_download_of_others(
    cache: FileCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on, fetched, looks = asyncio.Event(), [], []
    use = cache._use

    def look(name: str, sha256: str) -> bool:
        looks.append(name)
        return use(name, sha256)

    async def fetch() -> AsyncIterator[bytes]:
        fetched.append(1)
        await go_on.wait()
        yield content(0)

    monkeypatch.setattr(cache, "_use", look)
    sha256 = hashlib.sha256(content(0)).hexdigest()
    first, second = (asyncio.create_task(cache.get("0.pdf", sha256, fetch)) for _ in range(2))
    while not (fetched and len(looks) == 2):
        await asyncio.sleep(0.001)
    for _ in range(100):  # the second one has looked, and waits a moment later
        await asyncio.sleep(0.001)
    first.cancel()
    await asyncio.wait([first])
    go_on.set()
    assert (await second).read_bytes() == content(0)
    assert len(fetched) == 1


async def test_a_fetch_that_nobody_waits_for_any_more_ends(cache: FileCache) -> None:
    began, ended = asyncio.Event(), asyncio.Event()

    async def fetch() -> AsyncIterator[bytes]:
        try:
            began.set()
            await asyncio.Event().wait()
            yield b""
        finally:
            ended.set()

    sha256 = hashlib.sha256(content(0)).hexdigest()
    waiting = asyncio.create_task(cache.get("0.pdf", sha256, fetch))
    await began.wait()
    waiting.cancel()
    async with asyncio.timeout(20):
        await ended.wait()
    assert (await cache.get("0.pdf", sha256, bytes_of(0))).read_bytes() == content(0)


async def test_a_copy_larger_than_the_cache_is_used_once_it_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache_module, "IN_USE_SECONDS", 0.05)
    fetched = []

    async def slow() -> AsyncIterator[bytes]:
        fetched.append(1)
        await asyncio.sleep(0.1)
        yield content(0)

    small = FileCache(tmp_path, SIZE // 2)
    path = await small.get("0.pdf", hashlib.sha256(content(0)).hexdigest(), slow)
    assert path.read_bytes() == content(0)
    assert len(fetched) == 1


async def test_what_one_process_holds_is_not_taken_away_by_the_copy_of_another(cache: FileCache) -> None:
    other, go_on = FileCache(cache.folder, 10 * SIZE), asyncio.Event()
    sha256 = hashlib.sha256(content(0)).hexdigest()

    async def slow() -> AsyncIterator[bytes]:
        await go_on.wait()
        yield content(0)

    later = asyncio.create_task(other.hold("0.pdf", sha256, slow))
    await asyncio.sleep(0)
    path = await cache.hold("0.pdf", sha256, bytes_of(0))
    go_on.set()
    other.release(await later)
    os.utime(path, ns=(0, path.stat().st_mtime_ns))
    await take(FileCache(cache.folder, SIZE), 1)
    assert path.exists()
    cache.release(path)


async def test_held_copies_do_not_keep_others(cache: FileCache) -> None:
    sha256 = hashlib.sha256(content(0)).hexdigest()
    held = await cache.hold("0.pdf", sha256, bytes_of(0))
    os.utime(held, ns=(0, held.stat().st_mtime_ns))
    for number in range(1, 20):
        await take(cache, number, unused_minutes=100 - number)
    assert len(list(cache.folder.iterdir())) <= 10
    cache.release(held)


async def test_a_copy_used_since_it_was_listed_stays(cache: FileCache) -> None:
    path = await take(cache, 0, unused_minutes=10)
    (listed,) = cache._copies()
    await cache.get("0.pdf", hashlib.sha256(content(0)).hexdigest(), bytes_of(0))
    assert not cache._evict(listed)
    assert path.exists()


async def test_a_disk_that_is_full_gets_old_copies_back(
    cache: FileCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = cache_module._take

    def on_a_small_disk(chunk: bytes, file: IO[bytes], update: Callable[[bytes], None]) -> None:
        if sum(path.stat().st_size for path in cache.folder.iterdir()) + len(chunk) > 5 * SIZE:
            raise OSError(errno.ENOSPC, "No space left on device")
        write(chunk, file, update)
        file.flush()

    monkeypatch.setattr(cache_module, "_take", on_a_small_disk)
    for number in range(12):
        await take(cache, number, unused_minutes=100 - number)
    full = FileCache(cache.folder, 10 * SIZE)
    for path in cache.folder.iterdir():
        os.utime(path)
    outcomes = [await asyncio.gather(take(full, n), return_exceptions=True) for n in range(20, 30)]
    assert "No space" in str(outcomes[-1])
