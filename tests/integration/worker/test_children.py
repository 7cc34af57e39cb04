"""Render children are real processes: they answer, can be killed, and harm nobody but themselves."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from shared.errors import RenderChildDied, RenderOutOfMemory
from shared.queue.payload import encode_payload
from worker.children.forking import ForkServer
from worker.children.process import RenderChild
from worker.children.protocol import Done, Failed, Progress, Task
from worker.children.turns import Order, ProgressHandler

MEMORY_MB = 1024


def payload(report_type: str, data: Any, **options: Any) -> bytes:
    named = {"reportType": report_type, "data": data, **options}
    return encode_payload({"t": None, "f": "generate-report", "a": [], "k": named, "et": 0})


SMALL = payload("test", {"period": "Q1", "revenue": 1})
LARGE = payload("table", {"rows": [{"n": n, "text": "some words"} for n in range(60_000)]})


def task(target: Path, max_pages: int = 20_000, max_rows: int = 1_000_000, cpu_seconds: float = 60.0) -> Task:
    return Task("job-1", 1_700_000_000_000, str(target), max_pages, max_rows, 25_000_000, cpu_seconds)


def ignore(_: Progress) -> None:
    pass


def order(target: Path, content: bytes = SMALL, *, is_large: bool = False) -> Order:
    return Order(task(target), content, ignore, lambda number: f"{target}-{number}", is_large)


async def render(
    child: RenderChild, asked: Task, content: bytes, on_progress: ProgressHandler
) -> Done | Failed:
    """A job that is alone in its child's line."""
    return await child.answer(child.give(Order(asked, content, on_progress, str)))


async def test_a_child_renders_one_job_after_the_other(child: RenderChild, tmp_path: Path) -> None:
    target = tmp_path / "a.pdf"
    first = await render(child, task(target), SMALL, ignore)
    again = await render(child, task(target), SMALL, ignore)
    assert isinstance(first, Done)
    assert isinstance(again, Done)
    assert (first.sha256, first.file_size) == (again.sha256, target.stat().st_size)
    assert child.is_reusable


async def test_progress_rises_with_the_rows(child: RenderChild, tmp_path: Path) -> None:
    seen: list[Progress] = []
    done = await render(child, task(tmp_path / "a.pdf"), LARGE, seen.append)
    assert isinstance(done, Done)
    assert done.rows_rendered == done.rows_received == 60_000
    percents = [progress.percent for progress in seen]
    assert percents == sorted(percents)
    assert any("rows" in progress.stage for progress in seen)


async def test_bad_data_is_an_answer_and_the_child_lives_on(child: RenderChild, tmp_path: Path) -> None:
    failed = await render(child, task(tmp_path / "a.pdf"), payload("table", {"rows": 7}), ignore)
    assert isinstance(failed, Failed)
    assert (failed.type, failed.worn_out) == ("ValidationFailed", False)
    assert "data.rows" in failed.message
    assert isinstance(await render(child, task(tmp_path / "b.pdf"), SMALL, ignore), Done)


async def test_a_payload_that_is_no_json_is_an_answer(child: RenderChild, tmp_path: Path) -> None:
    failed = await render(child, task(tmp_path / "a.pdf"), b"\x80\x05cos\nsystem\n", ignore)
    assert isinstance(failed, Failed)
    assert failed.type == "ValidationFailed"


async def test_the_page_limit_is_an_answer(child: RenderChild, tmp_path: Path) -> None:
    failed = await render(child, task(tmp_path / "a.pdf", max_pages=3), LARGE, ignore)
    assert isinstance(failed, Failed)
    assert failed.type == "PageLimitExceeded"


async def test_the_row_limit_is_an_answer(child: RenderChild, tmp_path: Path) -> None:
    failed = await render(child, task(tmp_path / "a.pdf", max_rows=59_999), LARGE, ignore)
    assert isinstance(failed, Failed)
    assert failed.type == "RowLimitExceeded"


async def test_the_limit_on_processor_time_is_an_answer(child: RenderChild, tmp_path: Path) -> None:
    huge = payload("table", {"rows": [{"n": n, "text": "some words " * 9} for n in range(40_000)] * 4})
    failed = await render(child, task(tmp_path / "a.pdf", cpu_seconds=0.5), huge, ignore)
    assert isinstance(failed, Failed)
    assert failed.type == "RenderCpuExceeded"
    assert isinstance(await render(child, task(tmp_path / "b.pdf"), SMALL, ignore), Done)


async def test_a_child_out_of_memory_says_so_and_is_replaced(tmp_path: Path) -> None:
    server = ForkServer(180)
    child = await RenderChild.start(server)
    try:
        rows = payload("table", {"rows": [{"n": n, "text": "some words " * 8} for n in range(200_000)]})
        try:
            failed = await render(child, task(tmp_path / "a.pdf"), rows, ignore)
        except RenderOutOfMemory:
            pass  # it was native code that got none: the process is gone
        else:
            assert isinstance(failed, Failed)
            assert failed.type == "RenderOutOfMemory"
        assert not child.is_reusable
    finally:
        await child.close()
        await server.close()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV])
async def test_a_child_that_dies_in_mid_render_is_an_error_that_says_how(
    child: RenderChild, tmp_path: Path, number: signal.Signals
) -> None:
    rendering = asyncio.create_task(
        render(child, task(tmp_path / "a.pdf"), LARGE, lambda _: os.kill(child.pid, number))
    )
    with pytest.raises(RenderChildDied, match=number.name):
        await rendering


async def test_a_killed_child_is_gone_and_reaped(child: RenderChild, tmp_path: Path) -> None:
    rendering = asyncio.create_task(render(child, task(tmp_path / "a.pdf"), LARGE, lambda _: child.kill()))
    with pytest.raises(RenderChildDied):
        await rendering
    with pytest.raises(ProcessLookupError):
        os.kill(child.pid, 0)


async def test_a_child_has_no_environment_but_its_own(
    monkeypatch: pytest.MonkeyPatch, server: ForkServer, tmp_path: Path
) -> None:
    monkeypatch.setenv("REDIS_URL", "redis://:hunter2@127.0.0.1/0")
    child = await RenderChild.start(server)
    try:
        environment = Path(f"/proc/{child.pid}/environ")
        if environment.exists():
            assert b"hunter2" not in environment.read_bytes()
            assert b"PATH=" in environment.read_bytes()
        assert isinstance(await render(child, task(tmp_path / "a.pdf"), SMALL, ignore), Done)
    finally:
        await child.close()


async def test_a_child_ends_when_its_worker_does(server: ForkServer) -> None:
    """The socket closes with the worker; here it is closed by hand."""
    child = await RenderChild.start(server)
    child._channel.close()
    async with asyncio.timeout(30):
        assert await child._reap() == 0
    await child.close()


async def test_children_of_one_server_are_forked_from_one_process_and_share_nothing_else(
    server: ForkServer, tmp_path: Path
) -> None:
    children = [await RenderChild.start(server) for _ in range(3)]
    try:
        assert len({child.pid for child in children}) == 3
        assert len({os.getpgid(child.pid) for child in children}) == 3
        children[0].kill()
        for child in children[1:]:
            assert isinstance(await render(child, task(tmp_path / "a.pdf"), SMALL, ignore), Done)
    finally:
        for child in children:
            await child.close()


async def test_when_the_fork_server_dies_its_children_do_and_another_one_is_started(
    server: ForkServer, tmp_path: Path
) -> None:
    child = await RenderChild.start(server)
    parent = parent_of(child.pid)

    def kill_the_server(_: Progress) -> None:
        os.kill(parent, signal.SIGKILL)

    with pytest.raises(RenderChildDied, match="lost together with the process"):
        await render(child, task(tmp_path / "a.pdf"), LARGE, kill_the_server)
    await child.close()
    second = await RenderChild.start(server)
    try:
        assert parent_of(second.pid) not in (parent, os.getpid())
        assert isinstance(await render(second, task(tmp_path / "a.pdf"), SMALL, ignore), Done)
    finally:
        await second.close()


async def test_a_fork_server_that_does_not_start_says_why(
    server: ForkServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("worker.children.forking.ENVIRONMENT", {"PATH": os.defpath, "PYTHONPATH": "/nowhere"})
    monkeypatch.setattr("worker.children.forking.CHECKOUT", Path("/"))
    with pytest.raises(RenderChildDied, match="fork server ended") as caught:
        await RenderChild.start(server)
    assert "No module named" in caught.value.detail


async def test_a_fork_server_that_does_not_answer_is_replaced(
    server: ForkServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    child = await RenderChild.start(server)
    parent = parent_of(child.pid)
    os.kill(parent, signal.SIGSTOP)
    monkeypatch.setattr("worker.children.forking.START_TIMEOUT_SECONDS", 0.5)
    with pytest.raises(RenderChildDied, match="does not answer"):
        await RenderChild.start(server)
    monkeypatch.undo()
    second = await RenderChild.start(server)
    assert parent_of(second.pid) != parent
    await second.close()
    await child.close()


def parent_of(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
