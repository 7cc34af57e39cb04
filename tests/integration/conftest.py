"""Object stores that tests of all services share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.object_store import Host, ObjectStoreServer


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Iterator[ObjectStoreServer]:
    """A server, which the environment names."""
    from tests.object_store import ObjectStoreServer  # takes a second, and few tests need it

    with ObjectStoreServer() as server:
        for name, value in server.env.items():
            monkeypatch.setenv(name, value)
        yield server


@pytest.fixture
def host(store: ObjectStoreServer, tmp_path: Path) -> Iterator[Host]:
    """A host with the storage in that server."""
    yield from _host(store, tmp_path / "host")


@pytest.fixture
def other_host(store: ObjectStoreServer, tmp_path: Path) -> Iterator[Host]:
    """Another one."""
    yield from _host(store, tmp_path / "other")


def _host(store: ObjectStoreServer, folder: Path) -> Iterator[Host]:
    from tests.object_store import Host

    made = Host(f"s3://{store.bucket}/some/prefix", folder)
    yield made
    made.scratch.close()
