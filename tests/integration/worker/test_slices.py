"""How long processes keep a processor, as the kernel says itself."""

from __future__ import annotations

import ctypes
import os
import platform
import re
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from tests.integration.worker.test_children import LARGE, SMALL, ignore, render, task
from worker.children.process import RenderChild
from worker.children.process_control import set_slice
from worker.children.protocol import Done, Progress
from worker.children.slices import LONG_MS

#: of sched_getattr(2)
NUMBERS = {"x86_64": 315, "aarch64": 275}
ATTR = struct.Struct("=IIQiIQQQ")
#: what programs of another process may use
NAMES = """
import os
from tests.integration.worker.test_slices import scheduling
from worker.children.process_control import OWN_SLICE, set_slice
from worker.children.slices import LONG_MS
"""


def release() -> tuple[int, ...]:
    """Of the kernel, whatever its distributor adds to it."""
    return tuple(int(part) for part in re.findall(r"\d+", platform.release())[:2])


pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or platform.machine() not in NUMBERS or release() < (6, 12),
    reason="only Linux 6.12 and later let a process choose its slice",
)


def scheduling(pid: int = 0) -> tuple[int, int, int]:
    """Policy, nice value and slice in nanoseconds."""
    buffer = ctypes.create_string_buffer(ATTR.size)
    number = ctypes.c_long(NUMBERS[platform.machine()])
    assert ctypes.CDLL(None).syscall(number, pid, buffer, ATTR.size, 0) == 0
    _, policy, _, nice, _, runtime, _, _ = ATTR.unpack(buffer.raw)
    return policy, nice, runtime


def said_by(program: str) -> list[str]:
    done = subprocess.run([sys.executable, "-c", NAMES + program], capture_output=True, text=True, check=True)
    return done.stdout.split("\n")[:-1]


def test_a_slice_is_taken_and_given_back_and_nothing_else_changes() -> None:
    said = said_by(
        "os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0)); os.nice(3); print(scheduling())\n"
        "set_slice(LONG_MS); print(scheduling())\n"
        "set_slice(OWN_SLICE); print(scheduling())"
    )
    before, chosen, after = said
    assert before == after
    assert chosen == str((os.SCHED_BATCH, 3, LONG_MS * 1_000_000)) != before


def test_a_process_with_a_policy_of_its_operators_keeps_it() -> None:
    said = said_by(
        "os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0)); print(scheduling())\n"
        "set_slice(LONG_MS); print(scheduling())"
    )
    assert said[0] == said[1]
    assert said[0].startswith(f"({os.SCHED_IDLE},")


def test_a_machine_whose_call_is_not_known_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    before = scheduling()
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")
    set_slice(LONG_MS)
    monkeypatch.undo()
    assert scheduling() == before


async def test_a_child_keeps_its_processor_for_brief_jobs_and_not_for_a_long_one(
    child: RenderChild, tmp_path: Path
) -> None:
    long, meanwhile = LONG_MS * 1_000_000, set[int]()

    def look(_: Progress) -> None:
        meanwhile.add(scheduling(child.pid)[2])

    for content, on_progress in ((SMALL, ignore), (LARGE, look), (SMALL, ignore)):
        done = await render(child, task(tmp_path / "a.pdf"), content, on_progress)
        assert isinstance(done, Done)
        assert (scheduling(child.pid)[2] == long) == (content == SMALL)
    assert meanwhile
    assert long not in meanwhile
