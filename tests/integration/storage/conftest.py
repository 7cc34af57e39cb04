"""A storage in an object store, as a host sees it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.object_address import ObjectAddress
from shared.storage.cache import FileCache
from shared.storage.host import Scratch
from shared.storage.objects.bucket import Bucket
from shared.storage.objects.datasets import ObjectDatasets
from shared.storage.objects.reports import ObjectStorage
from tests.object_store import ObjectStoreServer


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Iterator[ObjectStoreServer]:
    with ObjectStoreServer() as server:
        for name, value in server.env.items():
            monkeypatch.setenv(name, value)
        yield server


class Host:
    """What one host has: its own folders."""

    def __init__(self, address: str, folder: Path, cache_bytes: int = 1 << 30) -> None:
        self.bucket = Bucket(ObjectAddress.parse(address))
        self.scratch = Scratch(folder / "scratch")
        self.cache = FileCache(folder / "copies", cache_bytes)
        self.reports = ObjectStorage(self.bucket, self.scratch, self.cache)
        self.datasets = ObjectDatasets(self.bucket, self.scratch, self.cache)
        self.scratch.make()

    def made(self, name: str, content: bytes) -> Path:
        """A file that a render child has written."""
        path = self.scratch.folder / name
        path.write_bytes(content)
        return path


@pytest.fixture
def host(store: ObjectStoreServer, tmp_path: Path) -> Iterator[Host]:
    made = Host(f"s3://{store.bucket}/some/prefix", tmp_path / "host")
    yield made
    made.scratch.close()


@pytest.fixture
def other_host(store: ObjectStoreServer, tmp_path: Path) -> Iterator[Host]:
    made = Host(f"s3://{store.bucket}/some/prefix", tmp_path / "other")
    yield made
    made.scratch.close()
