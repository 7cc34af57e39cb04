"""What is printed of the output of services."""

from __future__ import annotations

import asyncio
import fcntl
import io
import os
import subprocess
import sys
import termios
import threading
from collections import deque

import pytest

from shared.launcher import output, relay
from shared.launcher.output import Terminal
from shared.launcher.relay import Relay
from tests.e2e.client import eventually
from tests.unit.launcher.lines import Lines

LONG_SECONDS = 3600.0


async def write(service: Relay, part: bytes) -> None:
    """Returns when it was read."""
    os.write(service.writable, part)
    while fcntl.ioctl(service.writable, termios.FIONREAD, b"    ") != b"\0\0\0\0":
        await asyncio.sleep(0.001)


async def test_lines_stay_whole_however_they_arrive(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay, "GATHER_SECONDS", 0.001)
    lines, tail = Lines(), deque[str](maxlen=2)
    service = Relay(lines, "worker-1", 0, tail)
    for part in (b"first li", b"ne\nsecond\r\nthi", b"rd \xff\nrest"):
        await write(service, part)
    service.started()
    await service.ended.wait()
    assert lines.printed == [f"worker-1: {text}" for text in ("first line", "second", "third �", "rest")]
    assert list(tail) == ["third �", "rest"]


async def test_lines_that_come_one_by_one_are_read_by_the_handful_and_none_is_lost_at_the_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(relay, "GATHER_SECONDS", LONG_SECONDS)
    lines = Lines()
    service = Relay(lines, "producer", 0, deque())
    for number in range(50):
        os.write(service.writable, b"line %d\n" % number)
        await asyncio.sleep(0)
    assert lines.handfuls == []
    service.close()
    service.started()
    assert lines.handfuls == [50]
    assert lines.printed[-1] == "producer: line 49"


async def test_a_line_without_end_is_passed_on_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay, "GATHER_SECONDS", 0.001)
    monkeypatch.setattr(relay, "MAX_LINE_BYTES", 10)
    lines = Lines()
    service = Relay(lines, "x", 0, deque())
    for part in (b"0123456789", b"ab", b"cd"):
        await write(service, part)
    service.close()
    service.started()
    assert lines.printed == ["x: 0123456789ab", "x: cd"]


async def test_a_service_that_writes_megabytes_is_read_to_its_last_line(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(relay, "GATHER_SECONDS", 0.001)
    lines = Lines()
    service = Relay(lines, "x", 0, deque(maxlen=1))
    script = "import sys\nfor n in range(30_000): sys.stdout.write(f'{n:0100}\\n')"
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", script, stdout=service.writable, stdin=subprocess.DEVNULL
    )
    service.started()
    assert await process.wait() == 0
    await service.ended.wait()
    assert [int(line.removeprefix("x: ")) for line in lines.printed] == list(range(30_000))


def test_a_terminal_prints_prefixed_lines(capsys: pytest.CaptureFixture[str]) -> None:
    for colour in (False, True):
        terminal = Terminal(colour, name_width=9)
        terminal.lines("worker-1", 32, ["hello", "again"])
        terminal.close()
    plain, coloured = "worker-1  │", "\x1b[32mworker-1  │\x1b[0m"
    assert capsys.readouterr().out == f"{plain} hello\n{plain} again\n{coloured} hello\n{coloured} again\n"


class StandingStill(io.StringIO):
    """A terminal on which somebody has pressed Ctrl-S."""

    def __init__(self) -> None:
        super().__init__()
        self.is_writing, self.goes_on = threading.Event(), threading.Event()

    def write(self, text: str) -> int:
        self.is_writing.set()
        self.goes_on.wait()
        return super().write(text)


def test_what_waits_for_a_terminal_that_stands_still_is_limited_and_the_rest_is_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(output, "MAX_WAITING", 40)
    stdout = StandingStill()
    monkeypatch.setattr(sys, "stdout", stdout)
    terminal = Terminal(False, name_width=1)
    terminal.say("first")
    assert stdout.is_writing.wait(30)
    for number in range(9):
        terminal.lines("x", 0, [f"{number} {'-' * 10}", "second line"])
    stdout.goes_on.set()
    eventually(lambda: "second line" in stdout.getvalue(), "it goes on")
    terminal.say("last")
    terminal.close()
    assert stdout.getvalue().splitlines() == [
        "first",
        "x │ 0 ----------",
        "x │ second line",
        "(16 lines were dropped: the terminal was too slow)",
        "last",
    ]
