"""Files appear whole or not at all, have safe names, and are checked before they are served."""

from __future__ import annotations

import asyncio
import hashlib
import threading
from pathlib import Path

import pytest

from shared.errors import FileCorrupt, FileMissing
from shared.storage import LocalStorage, job_id_of, local, report_file_name

NAME = report_file_name("sales", "a1", 3)
CONTENT = b"%PDF-1.7 and more"
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
async def storage(tmp_path: Path) -> LocalStorage:
    store = LocalStorage(tmp_path / "uploads")
    store.prepare()
    (store.scratch / "made.pdf").write_bytes(CONTENT)
    await store.publish(store.scratch / "made.pdf", NAME)
    return store


async def test_a_published_file_is_served_and_its_source_is_gone(storage: LocalStorage) -> None:
    path = await storage.read_verified(NAME, SHA256)
    assert path.read_bytes() == CONTENT
    assert list(storage.scratch.iterdir()) == []


async def test_files_go_to_the_disk_together_while_more_are_to_come(
    storage: LocalStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    batches, publish = [], local._publish

    def spy(files: list[tuple[str, str]], folder: str) -> list[OSError | None]:
        batches.append([Path(target).name for _, target in files])
        return publish(files, folder)

    monkeypatch.setattr(local, "_publish", spy)
    monkeypatch.setattr(local, "GATHER_SECONDS", 3600.0)
    names = [report_file_name("sales", f"b{n}", 1) for n in range(local.GATHER_FILES + 2)]
    for name in names:
        (storage.scratch / name).write_bytes(CONTENT)

    async def publish_all(chosen: list[str], *, last_is_the_last: bool) -> None:
        waits = [
            storage.publish(
                storage.scratch / name, name, more_to_come=not last_is_the_last or name != chosen[-1]
            )
            for name in chosen
        ]
        await asyncio.gather(*waits)

    await publish_all(names[:2], last_is_the_last=True)
    await publish_all(names[2:], last_is_the_last=False)
    assert batches == [names[:2], names[2:]]
    assert all(storage.path(name).read_bytes() == CONTENT for name in names)


async def test_those_that_wait_behind_a_slow_disk_go_few_at_a_time(
    storage: LocalStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    batches, publish, first_is_there = [], local._publish, threading.Event()

    def slow(files: list[tuple[str, str]], folder: str) -> list[OSError | None]:
        batches.append(len(files))
        assert first_is_there.wait(30)
        return publish(files, folder)

    monkeypatch.setattr(local, "_publish", slow)
    monkeypatch.setattr(local, "GATHER_FILES", 4)
    names = [report_file_name("sales", f"b{n}", 1) for n in range(11)]
    for name in names:
        (storage.scratch / name).write_bytes(CONTENT)
    first = asyncio.create_task(storage.publish(storage.scratch / names[0], names[0]))
    while not batches:
        await asyncio.sleep(0.001)
    others = asyncio.gather(*(storage.publish(storage.scratch / name, name) for name in names[1:]))
    await asyncio.sleep(0)
    first_is_there.set()
    await asyncio.gather(first, others)
    assert batches == [1, 4, 4, 2]
    assert all((storage.folder / name).read_bytes() == CONTENT for name in names)


async def test_a_file_waits_for_others_for_a_moment_only(
    storage: LocalStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local, "GATHER_SECONDS", 0.001)
    (storage.scratch / "made.pdf").write_bytes(CONTENT)
    name = report_file_name("sales", "b1", 1)
    await storage.publish(storage.scratch / "made.pdf", name, more_to_come=True)
    assert storage.path(name).read_bytes() == CONTENT


async def test_who_waits_hears_that_no_thread_could_be_started(
    storage: LocalStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(*_: object) -> None:
        raise RuntimeError("can't start new thread")

    names = [report_file_name("sales", f"b{n}", 1) for n in range(3)]
    for name in names:
        (storage.scratch / name).write_bytes(CONTENT)
    with monkeypatch.context() as patch:
        patch.setattr(asyncio, "to_thread", refuse)
        waits = [storage.publish(storage.scratch / name, name) for name in names]
        outcomes = await asyncio.gather(*waits, return_exceptions=True)
    assert [str(outcome) for outcome in outcomes] == ["[Errno 11] RuntimeError: can't start new thread"] * 3
    assert [type(outcome) for outcome in outcomes] == [BlockingIOError] * 3
    await asyncio.gather(*(storage.publish(storage.scratch / name, name) for name in names))
    assert all(storage.path(name).read_bytes() == CONTENT for name in names)


async def test_a_damaged_file_is_not_served(storage: LocalStorage) -> None:
    await storage.read_verified(NAME, SHA256)
    storage.path(NAME).write_bytes(CONTENT[:-1] + b"x")
    with pytest.raises(FileCorrupt):
        await storage.read_verified(NAME, SHA256)


async def test_a_file_that_is_gone_is_missing(storage: LocalStorage) -> None:
    await storage.delete(NAME)
    await storage.delete(NAME)
    with pytest.raises(FileMissing):
        await storage.read_verified(NAME, SHA256)


@pytest.mark.parametrize(
    "name",
    [
        "../secret.pdf",
        "sales-a1-f3.pdf/../../secret",
        "/etc/passwd",
        "sales-..-f1.pdf",
        "sales-a/b-f1.pdf",
        "sales-a1-f3.pdf\n",
        "sales-a1-f3.pdf\0.txt",
        ".tmp",
        "SALES-a1-f3.pdf",
        "sales-a1-f٣.pdf",
        "",
    ],
)
async def test_no_other_name_reaches_the_file_system(storage: LocalStorage, name: str) -> None:
    assert job_id_of(name) is None
    with pytest.raises(FileMissing):
        await storage.read_verified(name, SHA256)


def test_a_file_name_holds_its_job_id_and_fence() -> None:
    assert report_file_name("sales", "a-f1.b:c~d", 12) == "sales-a-f1.b:c~d-f12.pdf"
    assert job_id_of("sales-a-f1.b:c~d-f12.pdf") == "a-f1.b:c~d"
