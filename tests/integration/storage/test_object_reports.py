"""PDFs in an object store: one host uploads, another serves; nothing wrong or deleted is served."""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from scheduler.orphans import is_orphan
from shared.errors import FileCorrupt, FileMissing
from shared.storage import report_file_name
from shared.storage.cache import Gone
from shared.storage.objects import bucket as bucket_module
from shared.storage.objects import reports as reports_module
from tests.object_store import Host, ObjectStoreServer

NAME = report_file_name("sales", "A.b_c:d~e", 3)
CONTENT = b"%PDF-1.7 and more"
SHA256 = hashlib.sha256(CONTENT).hexdigest()
KEY = f"some/prefix/{NAME}"


@pytest.fixture
async def published(host: Host) -> Host:
    await host.reports.publish(host.made("a.1.pdf", CONTENT), NAME)
    return host


def downloads(store: ObjectStoreServer) -> int:
    return len([path for method, path in store.requests if method == "GET" and path.endswith(NAME)])


async def test_what_one_host_publishes_another_serves(
    published: Host, other_host: Host, store: ObjectStoreServer
) -> None:
    assert store.get(KEY) == CONTENT
    assert [path.name for path in published.scratch.folder.iterdir()] == [".lock"]
    path = await other_host.reports.read_verified(NAME, SHA256)
    assert path.read_bytes() == CONTENT
    assert path.parent == other_host.cache.folder


async def test_a_large_file_goes_in_parts_and_comes_back_whole(host: Host, store: ObjectStoreServer) -> None:
    content = os.urandom(2 * bucket_module.PART_BYTES + 17)
    await host.reports.publish(host.made("a.1.pdf", content), NAME)
    path = await host.reports.read_verified(NAME, hashlib.sha256(content).hexdigest())
    assert path.read_bytes() == content
    assert downloads(store) == 3


async def test_many_who_want_a_file_fetch_it_once(published: Host, store: ObjectStoreServer) -> None:
    await asyncio.gather(*(published.reports.read_verified(NAME, SHA256) for _ in range(20)))
    await published.reports.read_verified(NAME, SHA256)
    assert downloads(store) == 1


async def test_a_file_that_the_store_has_lost_is_missing_though_a_copy_is_here(
    published: Host, store: ObjectStoreServer
) -> None:
    await published.reports.read_verified(NAME, SHA256)
    store.delete(KEY)
    with pytest.raises(FileMissing):
        await published.reports.read_verified(NAME, SHA256)


async def test_a_file_that_is_lost_between_two_questions_is_missing(
    published: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def gone(key: str) -> AsyncIterator[bytes]:
        raise Gone(key)
        yield b""

    monkeypatch.setattr(published.bucket, "chunks", gone)
    with pytest.raises(FileMissing):
        await published.reports.read_verified(NAME, SHA256)


@pytest.mark.parametrize("content", [b"", CONTENT[:-1], CONTENT[:-1] + b"x", CONTENT + b"x"])
async def test_other_bytes_are_never_served(
    published: Host, store: ObjectStoreServer, content: bytes
) -> None:
    store.put(KEY, content)
    with pytest.raises(FileCorrupt):
        await published.reports.read_verified(NAME, SHA256)
    assert list(published.cache.folder.iterdir()) == []


async def test_a_copy_that_was_damaged_is_fetched_anew(published: Host) -> None:
    path = await published.reports.read_verified(NAME, SHA256)
    path.write_bytes(b"x" * len(CONTENT))
    assert (await published.reports.read_verified(NAME, SHA256)).read_bytes() == CONTENT


async def test_delete_removes_the_object_and_the_copy(published: Host, store: ObjectStoreServer) -> None:
    path = await published.reports.read_verified(NAME, SHA256)
    await published.reports.delete(NAME)
    await published.reports.delete(NAME)
    assert store.listed() == []
    assert not path.exists()


@pytest.mark.parametrize(
    "name", ["../secret.pdf", ".pressroom-volume", "datasets/a.json", "", "SALES-a-f1.pdf"]
)
async def test_no_other_name_reaches_the_store(host: Host, store: ObjectStoreServer, name: str) -> None:
    with pytest.raises(FileMissing):
        await host.reports.read_verified(name, SHA256)
    with pytest.raises(FileMissing):
        await host.reports.delete(name)
    with pytest.raises(FileMissing):
        await host.reports.publish(host.made("a.1.pdf", CONTENT), name)
    assert store.requests == []


async def test_few_uploads_go_at_a_time(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    most = now = 0

    async def slow(key: str, source: Path) -> None:
        nonlocal most, now
        now += 1
        most = max(most, now)
        await asyncio.sleep(0.001)
        now -= 1

    monkeypatch.setattr(host.bucket, "put_file", slow)
    names = [report_file_name("sales", f"b{n}", 1) for n in range(40)]
    await asyncio.gather(*(host.reports.publish(host.made(name, b""), name) for name in names))
    assert most == reports_module.UPLOADS_AT_ONCE


@pytest.mark.parametrize("end", ["", "/", "/a", "/a/", "/a.b=c@d+e!f_g-h/9"])
async def test_any_prefix_will_do(store: ObjectStoreServer, tmp_path: Path, end: str) -> None:
    host = Host(f"s3://{store.bucket}{end}", tmp_path / "host")
    await host.reports.check()
    await host.reports.publish(host.made("a.1.pdf", CONTENT), NAME)
    assert store.listed() == [f"{end.strip('/')}/{NAME}".lstrip("/")]
    assert [[file.name for file in page] async for page in host.reports.old_files(-10)] == [[NAME]]
    host.scratch.close()


# what the scheduler does


async def test_old_files_are_listed_page_by_page_and_only_ours(
    host: Host, store: ObjectStoreServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bucket_module, "PAGE", 2)
    ours = [*(report_file_name("test", f"j{n}", n) for n in range(4)), ".probe-12ab"]
    for name in (*ours, "readme.txt", "datasets/a.data", f"other/{NAME}", ".pressroom-volume"):
        store.put(f"some/prefix/{name}", b"x")
    store.put(f"some/prefixes/{NAME}", b"x")
    pages = [page async for page in host.reports.old_files(-10)]
    assert sorted(file.name for page in pages for file in page) == sorted(ours)
    assert len(pages) > 1
    claims = {(file.job_id, file.fence) for page in pages for file in page}
    assert claims == {(None, 0), *((f"j{n}", n) for n in range(4))}
    assert all(is_orphan(file, None) for page in pages for file in page)
    assert [page async for page in host.reports.old_files(3600)] == []


async def test_only_what_is_still_as_it_was_listed_is_removed(
    published: Host, store: ObjectStoreServer
) -> None:
    ((file,),) = [page async for page in published.reports.old_files(-10)]
    store.put(KEY, b"other")
    assert not await file.remove_unchanged()
    store.put(KEY, CONTENT)
    ((file,),) = [page async for page in published.reports.old_files(-10)]
    assert await file.remove_unchanged()
    assert not await file.remove_unchanged()
    assert store.listed() == []


async def test_the_volume_has_a_name(host: Host, other_host: Host, store: ObjectStoreServer) -> None:
    assert await host.reports.volume_name() is None
    assert await host.reports.jobs_with_files() == []
    await host.reports.name_volume("a-name")
    assert await other_host.reports.volume_name() == "a-name"
    store.put(KEY, CONTENT)
    assert await host.reports.jobs_with_files() == ["A.b_c:d~e"]
