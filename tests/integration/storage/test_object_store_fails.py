"""A store that is down, slow or refuses: our errors, in plain words, within bounded time."""

from __future__ import annotations

import threading
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from shared.errors import PressroomError, StorageFailed, StorageUnavailable
from shared.storage import report_file_name
from shared.storage.objects import bucket as bucket_module
from tests.object_store import SECRET, Fault, Host, ObjectStoreServer, refused
from worker.retries import is_retryable

NAME = report_file_name("sales", "a1", 1)
DATASET = "0" * 32


@pytest.fixture(autouse=True)
def little_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bucket_module, "ANSWER_SECONDS", 0.3)
    monkeypatch.setattr(bucket_module, "REQUEST_SECONDS", 1)
    monkeypatch.setattr(bucket_module, "RETRY_SECONDS", 0)


def calls(host: Host) -> list[Callable[[], Awaitable[object]]]:
    """Everything that asks the store."""

    async def listed() -> None:
        async for _ in host.reports.old_files(0):
            pass

    reports, datasets = host.reports, host.datasets
    return [
        reports.check,
        lambda: reports.publish(host.made("a.pdf", b"x"), NAME),
        lambda: reports.delete(NAME),
        lambda: reports.read_verified(NAME, "0" * 64),
        listed,
        reports.jobs_with_files,
        reports.volume_name,
        lambda: reports.name_volume("name"),
        datasets.check,
        lambda: datasets.get(DATASET),
        lambda: datasets.name(DATASET),
        lambda: datasets.last_named_ms(DATASET),
        lambda: datasets.delete(DATASET),
        lambda: datasets.expired(0),
        lambda: datasets.expire(DATASET, 0),
        lambda: datasets.remove_leftovers(0),
    ]


async def complaints(host: Host) -> set[str]:
    """What all calls say; each must say something."""
    said = set()
    for call in calls(host):
        with pytest.raises((StorageUnavailable, StorageFailed)) as raised:
            await call()
        said.add(str(raised.value).removeprefix("the PDF could not be stored: "))
        assert is_retryable(type(raised.value).__name__)
        assert raised.value.__suppress_context__
    return said


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (refused("AccessDenied"), "it refused access"),
        (refused("InvalidAccessKeyId"), "it refused access"),
        (refused("Unauthorized", 401), "it refused access"),
        (refused("InternalError", 500), "it answered 500"),
        (refused("SlowDown", 503), "it answered 503"),
    ],
)
async def test_a_store_that_refuses(host: Host, store: ObjectStoreServer, fault: Fault, reason: str) -> None:
    store.fault = fault
    for text in await complaints(host):
        assert text.startswith(f"s3://{store.bucket}/some/prefix: {reason}")
        assert not [word for word in ("\n", SECRET, "http", "Debug") if word in text]
        assert len(text) < 250


async def test_a_store_that_is_down(
    host: Host, store: ObjectStoreServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    down = Host(f"s3://{store.bucket}", host.scratch.folder / "down")
    said = await complaints(down)
    assert said == {f"s3://{store.bucket}: it can't be reached"}
    assert store.requests == []
    down.scratch.close()


@pytest.fixture
def silent(store: ObjectStoreServer) -> Iterator[ObjectStoreServer]:
    """It takes requests and does not answer them."""
    end = threading.Event()

    def wait(method: str, path: str) -> None:
        end.wait(100)

    store.fault = wait
    yield store
    end.set()


async def test_a_store_that_does_not_answer(
    silent: ObjectStoreServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bucket_module, "REQUEST_SECONDS", 3600)
    host = Host(f"s3://{silent.bucket}", tmp_path / "host")
    reports_check, _publish, *others = calls(host)
    for call in (reports_check, *others):
        with pytest.raises(StorageUnavailable, match="it did not answer in time"):
            await call()
    host.scratch.close()


async def test_an_upload_that_is_not_answered(host: Host, silent: ObjectStoreServer) -> None:
    with pytest.raises(StorageFailed):
        await host.reports.publish(host.made("a.pdf", b"x"), NAME)


async def test_a_bucket_that_is_not_there(store: ObjectStoreServer, tmp_path: Path) -> None:
    host = Host("s3://no-such-bucket-here", tmp_path / "host")
    with pytest.raises(StorageUnavailable, match="the bucket does not exist"):
        await host.reports.check()
    with pytest.raises(StorageFailed, match="the bucket does not exist"):
        await host.reports.publish(host.made("a.pdf", b"x"), NAME)
    host.scratch.close()


async def test_a_file_that_can_not_be_read_is_not_the_stores_fault(host: Host) -> None:
    with pytest.raises(FileNotFoundError):
        await host.reports.publish(host.scratch.folder / "none.pdf", NAME)


async def test_a_file_that_was_not_stored_stays_to_be_discarded(host: Host, store: ObjectStoreServer) -> None:
    made = host.made("a.pdf", b"x")
    store.fault = refused("AccessDenied")
    with pytest.raises(StorageFailed):
        await host.reports.publish(made, NAME)
    assert made.exists()
    store.fault = None
    await host.reports.publish(made, NAME)
    assert store.get(f"some/prefix/{NAME}") == b"x"


async def test_an_upload_that_is_cut_off_leaves_no_file(host: Host, store: ObjectStoreServer) -> None:
    parts: list[str] = []

    def cut_off(method: str, path: str) -> tuple[int, bytes] | None:
        parts.append(method)
        return (500, b"") if len(parts) > 2 else None

    store.fault = cut_off
    made = host.made("a.pdf", bytes(3 * bucket_module.PART_BYTES))
    with pytest.raises(StorageFailed):
        await host.reports.publish(made, NAME)
    assert len(parts) > 2
    assert store.listed() == []


async def test_a_short_failure_is_tried_again(
    store: ObjectStoreServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bucket_module, "RETRY_SECONDS", 30)
    host = Host(f"s3://{store.bucket}", tmp_path / "host")
    failures = [500, 503]
    store.fault = lambda method, path: (failures.pop(), b"") if failures else None
    await host.reports.publish(host.made("a.pdf", b"x"), NAME)
    assert failures == []
    assert store.get(NAME) == b"x"
    host.scratch.close()


async def test_a_host_without_room_says_so_and_keeps_no_part(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    await host.reports.publish(host.made("a.pdf", b"x"), NAME)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("shared.storage.cache._take", full)
    with pytest.raises(PressroomError, match="No space left on device") as raised:
        await host.reports.read_verified(NAME, "0" * 64)
    assert isinstance(raised.value, StorageUnavailable)
    assert list(host.cache.folder.iterdir()) == []
