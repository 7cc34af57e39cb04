"""What stops the launcher, and what must not."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from shared.settings import CHECKOUT
from tests.e2e.client import eventually

WAITS_FOR_STOP = [sys.executable, "-m", "tests.unit.launcher.waits_for_stop"]


def words(record: Path) -> list[str]:
    return record.read_text().split() if record.exists() else []


def test_a_hangup_that_was_ignored_from_the_start_as_under_nohup_stops_nothing(tmp_path: Path) -> None:
    record = tmp_path / "record"
    nohup = ["sh", "-c", 'trap "" HUP; exec "$@"', "sh", *WAITS_FOR_STOP, str(record)]
    with subprocess.Popen(nohup, cwd=CHECKOUT, stdin=subprocess.DEVNULL) as process:
        eventually(lambda: words(record) == ["ready"], "it waits")
        process.send_signal(signal.SIGHUP)
        process.send_signal(signal.SIGUSR1)
        eventually(lambda: len(words(record)) == 2, "it was told")
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
    assert words(record) == ["ready", "alive", "stop"]


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGINT, signal.SIGTERM])
def test_each_of_the_signals_stops_it(tmp_path: Path, number: signal.Signals) -> None:
    record = tmp_path / "record"
    with subprocess.Popen(
        [*WAITS_FOR_STOP, str(record)], cwd=CHECKOUT, stdin=subprocess.DEVNULL, start_new_session=True
    ) as process:
        eventually(lambda: words(record) == ["ready"], "it waits")
        process.send_signal(number)
        assert process.wait(30) == 0
    assert words(record) == ["ready", "stop"]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells of a hang-up by poll")
def test_a_closed_terminal_stops_it_though_make_keeps_the_hangup_to_itself(tmp_path: Path) -> None:
    record = tmp_path / "record"
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [*WAITS_FOR_STOP, "as-make", str(record)],
        cwd=CHECKOUT,
        stdin=theirs,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as process:
        os.close(theirs)
        eventually(lambda: words(record) == ["ready"], "it waits")
        os.close(ours)
        try:
            assert process.wait(30) == 0
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
    assert words(record) == ["ready", "stop"]


def test_ctrl_c_while_it_is_still_importing_leaves_no_traceback(tmp_path: Path) -> None:
    """`-X importtime` tells on stderr how far it is."""
    command = [sys.executable, "-X", "importtime", "-m", "shared.launcher"]
    env = {**os.environ, "PRESSROOM_DATA_DIR": str(tmp_path / "data")}
    with subprocess.Popen(command, cwd=CHECKOUT, env=env, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if line.rpartition("|")[2].strip() == "asyncio":
                process.send_signal(signal.SIGINT)
                break
        rest = process.stderr.read()
        assert process.wait(30) == -signal.SIGINT
    assert "Traceback" not in rest
