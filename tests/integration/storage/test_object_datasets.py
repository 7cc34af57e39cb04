"""Datasets in an object store: naming and expiry never both win, and what is cut off is removed."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import time
import uuid

import pytest

from shared.datasets.model import Dataset, DatasetColumn, Dialect
from shared.errors import DatasetDamaged, DatasetMissing
from tests.object_store import Host, ObjectStoreServer

CONTENT = b"a,b\n1,2\n"
NOT_YET = 0


def later() -> int:
    """After all that was written, though the store knows whole seconds."""
    return time.time_ns() // 1_000_000 + 10_000


async def stored(host: Host, content: bytes = CONTENT) -> Dataset:
    dataset = Dataset(
        uuid.uuid4().hex,
        "ä.csv",
        Dialect("csv", "utf-8", ",", header=True),
        1,
        (DatasetColumn("a", "number", 0), DatasetColumn("b", "number", 0)),
        len(content),
        hashlib.sha256(content).hexdigest(),
        1_700_000_000_000,
    )
    host.datasets.upload_path(dataset.id).write_bytes(content)
    await host.datasets.commit(dataset)
    await host.datasets.discard_upload(dataset.id)
    return dataset


def key(dataset: Dataset, end: str) -> str:
    return f"some/prefix/datasets/{dataset.id}.{end}"


async def test_another_host_reads_what_one_took_in(host: Host, other_host: Host) -> None:
    dataset = await stored(host)
    assert await other_host.datasets.get(dataset.id) == dataset
    path = await other_host.datasets.hold(dataset)
    assert path.read_bytes() == CONTENT
    other_host.datasets.release(path)
    assert [path.name for path in host.scratch.folder.iterdir()] == [".lock"]


async def test_the_data_comes_first_and_the_record_last(host: Host, store: ObjectStoreServer) -> None:
    dataset = await stored(host)
    written = [path for method, path in store.requests if method == "PUT"]
    assert written == [f"/{store.bucket}/{key(dataset, end)}" for end in ("data", "json")]


@pytest.mark.parametrize("dataset_id", ["0" * 32, "../x", "", "0" * 32 + "\n"])
async def test_what_is_not_there_is_missing(host: Host, dataset_id: str) -> None:
    for call in (host.datasets.get, host.datasets.name, host.datasets.last_named_ms, host.datasets.delete):
        with pytest.raises(DatasetMissing):
            await call(dataset_id)
    assert not await host.datasets.expire("0" * 32, later())


async def test_a_record_that_was_damaged_is_told_and_can_be_deleted(
    host: Host, store: ObjectStoreServer
) -> None:
    dataset = await stored(host)
    for content in (b"{", b'{"id": 1}', b"[]", b"\xff\xfe\x00"):
        store.put(key(dataset, "json"), content)
        with pytest.raises(DatasetDamaged):
            await host.datasets.get(dataset.id)
    await host.datasets.delete(dataset.id)
    assert store.listed() == []


@pytest.mark.parametrize("content", [b"a,b\n1,3\n", CONTENT[:-1], b""])
async def test_data_that_were_changed_are_told(host: Host, store: ObjectStoreServer, content: bytes) -> None:
    dataset = await stored(host)
    store.put(key(dataset, "data"), content)
    with pytest.raises(DatasetDamaged):
        await host.datasets.hold(dataset)


async def test_data_that_are_gone_are_missing(host: Host, store: ObjectStoreServer) -> None:
    dataset = await stored(host)
    store.delete(key(dataset, "data"))
    with pytest.raises(DatasetMissing):
        await host.datasets.hold(dataset)


async def test_delete_removes_all_of_it_from_the_store_and_from_here(
    host: Host, store: ObjectStoreServer
) -> None:
    dataset = await stored(host)
    path = await host.datasets.hold(dataset)
    host.datasets.release(path)
    await host.datasets.delete(dataset.id)
    assert store.listed() == []
    assert not path.exists()
    with pytest.raises(DatasetMissing):
        await host.datasets.get(dataset.id)


async def test_old_datasets_expire(host: Host, store: ObjectStoreServer) -> None:
    dataset = await stored(host)
    assert await host.datasets.expired(NOT_YET) == []
    assert not await host.datasets.expire(dataset.id, NOT_YET)
    assert await host.datasets.expired(later()) == [dataset.id]
    assert await host.datasets.expire(dataset.id, later())
    assert store.listed() == []


async def test_naming_makes_another_version_of_the_record(host: Host, store: ObjectStoreServer) -> None:
    dataset = await stored(host)
    before = store.get(key(dataset, "json"))
    assert await host.datasets.name(dataset.id) == dataset
    assert store.get(key(dataset, "json")) != before
    assert abs(await host.datasets.last_named_ms(dataset.id) - time.time() * 1000) < 600_000


async def test_a_dataset_named_while_it_expires_stays(
    host: Host, other_host: Host, store: ObjectStoreServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = await stored(host)
    put_instead = host.bucket.put_instead

    async def after_a_report_has_named_it(name: str, content: bytes, version: str) -> bool:
        await other_host.datasets.name(dataset.id)
        return await put_instead(name, content, version)

    monkeypatch.setattr(host.bucket, "put_instead", after_a_report_has_named_it)
    assert not await host.datasets.expire(dataset.id, later())
    assert await other_host.datasets.get(dataset.id) == dataset
    assert store.get(key(dataset, "data")) == CONTENT


@pytest.mark.parametrize("cut_off", [False, True])
async def test_a_report_does_not_name_what_has_begun_to_expire(
    host: Host, other_host: Host, monkeypatch: pytest.MonkeyPatch, cut_off: bool
) -> None:
    dataset = await stored(host)
    put_instead = other_host.bucket.put_instead

    async def nothing(dataset_id: str) -> None:
        return

    async def after_it_has_expired(name: str, content: bytes, version: str) -> bool:
        if cut_off:
            monkeypatch.setattr(host.datasets, "_remove", nothing)
        assert await host.datasets.expire(dataset.id, later())
        return await put_instead(name, content, version)

    monkeypatch.setattr(other_host.bucket, "put_instead", after_it_has_expired)
    with pytest.raises(DatasetMissing):
        await other_host.datasets.name(dataset.id)


async def test_many_reports_name_a_dataset_at_the_same_time(host: Host, other_host: Host) -> None:
    dataset = await stored(host)
    calls = [where.datasets.name(dataset.id) for where in (host, other_host) for _ in range(10)]
    assert await asyncio.gather(*calls) == [dataset] * 20


async def test_what_was_cut_off_is_removed_when_it_is_old(
    host: Host, store: ObjectStoreServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept, expiring = await stored(host), await stored(host)

    async def cut_off(dataset_id: str) -> None:
        return

    with monkeypatch.context() as patch:
        patch.setattr(host.datasets, "_remove", cut_off)
        assert await host.datasets.expire(expiring.id, later())
    assert await host.datasets.expired(later()) == [kept.id]
    with pytest.raises(DatasetMissing):
        await host.datasets.get(expiring.id)
    store.put(f"some/prefix/datasets/{'1' * 32}.data", b"of an upload that was cut off")
    store.put("some/prefix/datasets/readme.txt", b"not ours")
    assert await host.datasets.remove_leftovers(NOT_YET) == 0
    assert await host.datasets.remove_leftovers(later()) == 2
    left = [key(kept, "data"), key(kept, "json"), "some/prefix/datasets/readme.txt"]
    assert sorted(store.listed()) == sorted(left)


async def test_a_record_from_a_folder_is_understood(host: Host, store: ObjectStoreServer) -> None:
    """After `aws s3 sync` of the folder of a single host."""
    dataset = await stored(host)
    store.put(key(dataset, "json"), json.dumps(dataset.to_json()).encode())
    assert await host.datasets.get(dataset.id) == dataset
    assert await host.datasets.name(dataset.id) == dataset


async def test_a_held_copy_is_not_evicted_and_the_same_for_all(host: Host, store: ObjectStoreServer) -> None:
    content = os.urandom(200_000)
    dataset = await stored(host, content)
    first = await host.datasets.hold(dataset)
    assert await host.datasets.hold(dataset) == first
    host.datasets.release(first)
    os.utime(first, (0, 0))
    (copy,) = host.cache._copies()
    assert not host.cache._evict(copy)
    host.datasets.release(first)
    assert host.cache._evict(copy)
