"""Files appear whole or not at all, have safe names, and are checked before they are served."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from shared.errors import FileCorrupt, FileMissing
from shared.storage import LocalStorage, job_id_of, report_file_name

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
