"""Programs that a service starts beside its event loop and its threads."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import uvloop

from shared.programs import Program
from shared.settings import CHECKOUT

ENVIRONMENT = {"PATH": os.defpath}
LOOPS = pytest.mark.parametrize("new_loop", [asyncio.new_event_loop, uvloop.new_event_loop])


async def started(*command: str, **pipes: int) -> Program:
    return await Program.start(command, env=ENVIRONMENT, cwd="/", **pipes)  # type: ignore[arg-type]


def open_descriptors() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


@LOOPS
def test_what_is_written_to_it_comes_back_until_its_end(new_loop: type[asyncio.AbstractEventLoop]) -> None:
    async def talk() -> tuple[bytes, int]:
        program = await started("cat", stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert program.stdin
        assert program.stdout
        assert program.returncode is None
        answer = asyncio.create_task(program.stdout.read())
        for _ in range(100):
            program.stdin.write(b"x" * 10_000)
            await program.stdin.drain()
        program.stdin.close()
        return await answer, await program.wait()

    with asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(talk())  # what the event loop itself opens when first needed stays
        before = open_descriptors()
        assert runner.run(talk()) == (b"x" * 1_000_000, 0)
        runner.run(asyncio.sleep(0))
        assert open_descriptors() == before


@LOOPS
def test_how_it_ended_is_known_to_all_who_wait(new_loop: type[asyncio.AbstractEventLoop]) -> None:
    async def end() -> None:
        failing = await started("sh", "-c", "exit 7")
        assert await asyncio.gather(failing.wait(), failing.wait()) == [7, 7]
        failing.kill()
        killed = await started("sleep", "60")
        waiting = asyncio.create_task(killed.wait())
        await asyncio.sleep(0)
        waiting.cancel()
        killed.kill()
        assert await killed.wait() == killed.returncode == -signal.SIGKILL

    with asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(end())


async def test_its_end_is_seen_where_the_kernel_does_not_tell_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "pidfd_open")
    program = await started("sh", "-c", "sleep 0.2; exit 3")
    assert program.returncode is None
    assert await program.wait() == 3


async def test_what_can_not_be_started_is_an_error_and_leaves_nothing() -> None:
    before = open_descriptors()
    with pytest.raises(FileNotFoundError):
        await started("/no/such/program", stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert open_descriptors() == before


async def test_without_a_descriptor_to_watch_it_with_it_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    pids = []

    def none_left(pid: int) -> int:
        pids.append(pid)
        raise OSError(24, "Too many open files")

    monkeypatch.setattr(os, "pidfd_open", none_left)
    with pytest.raises(OSError, match="Too many"):
        await started("sleep", "60")
    with pytest.raises(ProcessLookupError):
        os.kill(pids[0], 0)


async def test_it_leads_a_session_and_knows_nothing_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDIS_URL", "redis://:hunter2@127.0.0.1/0")
    program = await started("sh", "-c", "env; ps -o sid= -p $$ || echo $$", stdout=subprocess.PIPE)
    assert program.stdout
    said = (await program.stdout.read()).decode()
    await program.wait()
    assert "hunter2" not in said
    assert said.split()[-1] == str(program.pid)


def test_no_python_runs_between_the_fork_and_the_program(tmp_path: Path) -> None:
    """What runs there may wait for ever for a lock that another thread held at the fork."""
    script = tmp_path / "script.py"
    script.write_text(
        "import asyncio, os, uvloop\n"
        "from shared.programs import Program\n"
        "async def run():\n"
        "    program = await Program.start(['true'], env={'PATH': os.defpath}, cwd='/')\n"
        "    print('ended with', await program.wait(), flush=True)\n"
        "os.register_at_fork(after_in_child=lambda: os.write(1, b'python in the fork\\n'))\n"
        "uvloop.run(run())\n"
    )
    done = subprocess.run(
        [sys.executable, script],
        cwd=CHECKOUT,
        env={"PYTHONPATH": str(CHECKOUT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "ended with 0\n"
