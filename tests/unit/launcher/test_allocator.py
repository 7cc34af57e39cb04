"""The embedded Redis uses the allocator that is best for it, and what the operator chose before that."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from shared.launcher.allocator import GLIBC, installed_jemalloc, with_allocator
from shared.launcher.embedded_redis import EmbeddedRedis


def test_without_jemalloc_only_glibcs_memory_is_set() -> None:
    assert with_allocator({"A": "1"}, None) == {"A": "1", "GLIBC_TUNABLES": GLIBC}


def test_what_was_chosen_before_counts_first() -> None:
    chosen = {"GLIBC_TUNABLES": "glibc.malloc.tcache_count=9", "LD_PRELOAD": "libmine.so"}
    assert with_allocator(chosen, "libjemalloc.so.2") == {
        "GLIBC_TUNABLES": f"{GLIBC}:glibc.malloc.tcache_count=9",
        "LD_PRELOAD": "libmine.so:libjemalloc.so.2",
    }


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_the_server_uses_the_machines_jemalloc_and_its_parent_does_not(tmp_path: Path) -> None:
    name = installed_jemalloc()
    if name is None and not os.environ.get("CI"):
        pytest.skip("this machine has no jemalloc (libjemalloc2)")
    assert name
    with EmbeddedRedis(tmp_path) as server:
        assert name in Path(f"/proc/{server.pid}/maps").read_text()
    assert "LD_PRELOAD" not in os.environ


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_a_jemalloc_that_cannot_be_loaded_does_no_harm(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.launcher.embedded_redis.installed_jemalloc", lambda: "libnone.so.2")
    with EmbeddedRedis(tmp_path) as server:
        assert "jemalloc" not in Path(f"/proc/{server.pid}/maps").read_text()
