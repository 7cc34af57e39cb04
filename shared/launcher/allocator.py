"""Where the embedded Redis takes its memory from: its wheel is built with the allocator of the C library."""

from __future__ import annotations

import ctypes.util
from collections.abc import Mapping
from typing import Final

#: How many freed pieces of memory of each size glibc keeps at hand, instead of its usual 7. A script makes
#: and drops many small ones: with these the server takes some 5 % fewer instructions. Other C libraries
#: pass over it.
GLIBC: Final = "glibc.malloc.tcache_count=500"


def installed_jemalloc() -> str | None:
    """The file name of the machine's jemalloc, the allocator that Redis is usually built with, or None."""
    return ctypes.util.find_library("jemalloc")


def with_allocator(environment: Mapping[str, str], jemalloc: str | None) -> dict[str, str]:
    """The environment of the server: jemalloc if there is one, and glibc's memory as it suits the server.

    What the environment itself chooses counts first: a tunable that is set twice has its last value, and of
    two allocators the first is used.
    """
    tunables, preloaded = environment.get("GLIBC_TUNABLES", ""), environment.get("LD_PRELOAD", "")
    chosen = {"GLIBC_TUNABLES": f"{GLIBC}:{tunables}" if tunables else GLIBC}
    if jemalloc:
        chosen["LD_PRELOAD"] = f"{preloaded}:{jemalloc}" if preloaded else jemalloc
    return {**environment, **chosen}
