"""What happens to a job in the moments between two looks of its worker at a child."""

from __future__ import annotations

import asyncio
import errno
import os
import signal
import socket
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from shared.errors import RenderChildDied
from shared.job import JobState
from shared.queue.commands import QueueCommands
from shared.queue.leases import Leases
from shared.queue.reads import QueueReads
from shared.settings import Settings
from shared.storage import DatasetFolder, LocalStorage
from tests.factories import spec
from tests.integration.worker.test_children import LARGE, order, payload
from tests.integration.worker.test_turns import run
from worker.children import pool as pool_module
from worker.children.pool import ChildPool
from worker.children.process import RenderChild
from worker.children.protocol import Done, Failed, Revoked
from worker.children.turns import Turn, TurnLost
from worker.executor import Executor
from worker.listeners import Listeners
from worker.running import CANCELLED


def look_away(until: Callable[[], bool]) -> None:
    """The event loop stands still until something has happened outside."""
    ends = time.monotonic() + 60
    while not until():
        assert time.monotonic() < ends
        time.sleep(0.002)


def state(pid: int) -> str:
    """R, S, Z and so on."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


def is_whole(pdf: Path) -> bool:
    return pdf.exists() and pdf.read_bytes().rstrip().endswith(b"%%EOF")


def one_done_one_begun(child: RenderChild, folder: Path) -> tuple[Turn, Turn]:
    """The first one's answer has not been read; the child hangs in the second one."""
    os.mkfifo(folder / "b.pdf")
    turns = child.give(order(folder / "a.pdf")), child.give(order(folder / "b.pdf"))
    look_away(lambda: is_whole(folder / "a.pdf") and state(child.pid) == "S")
    return turns


async def behind_another(lone: ChildPool, folder: Path) -> tuple[asyncio.Task[Turn], asyncio.Task[Turn]]:
    """Two jobs in the line of one child, which has answered both while nobody looked."""
    warm = await run(lone, order(folder / "warm.pdf"))
    tasks = [asyncio.create_task(run(lone, order(folder / name))) for name in ("a.pdf", "b.pdf")]
    while warm.child.in_line < 2:
        await asyncio.sleep(0)
    look_away(lambda: is_whole(folder / "b.pdf") and state(warm.child.pid) == "S")
    return tasks[0], tasks[1]


async def test_an_answer_counts_though_its_child_died_before_it_was_read(
    child: RenderChild, tmp_path: Path
) -> None:
    """A write to the dead child fails before the answer has been read."""
    first, second = one_done_one_begun(child, tmp_path)
    os.kill(child.pid, signal.SIGKILL)
    look_away(lambda: state(child.pid) == "Z")
    child.give_up(second)
    assert isinstance(await child.answer(first), Done)


async def test_what_a_worn_out_child_said_last_counts_though_a_job_was_sent_after_its_end(
    child: RenderChild, tmp_path: Path
) -> None:
    """Worn out it ends by itself, as here by force."""
    first = child.give(order(tmp_path / "none" / "a.pdf"))
    look_away(lambda: state(child.pid) == "S")
    os.kill(child.pid, signal.SIGKILL)
    look_away(lambda: state(child.pid) == "Z")
    child.give(order(tmp_path / "b.pdf"))
    usable: list[bool] = []
    child.on_change = lambda: usable.append(child.is_reusable)
    assert isinstance(await child.answer(first), Failed)
    assert not any(usable)  # nobody may give it a job when the answer is read


async def test_a_job_is_not_charged_with_a_kill_that_was_meant_for_the_one_before(
    child: RenderChild, tmp_path: Path
) -> None:
    first, second = one_done_one_begun(child, tmp_path)
    child.kill()
    with pytest.raises(TurnLost):
        await second.begun
    assert isinstance(await child.answer(first), Done)
    await child.close()
    assert [path.name for path in tmp_path.iterdir()] == ["a.pdf"]


async def test_an_answer_of_a_child_that_was_killed_just_then_counts(
    child: RenderChild, tmp_path: Path
) -> None:
    turns = [child.give(order(tmp_path / name)) for name in ("a.pdf", "b.pdf")]
    look_away(lambda: is_whole(tmp_path / "b.pdf") and state(child.pid) == "S")
    child.kill()
    async with asyncio.timeout(30):
        await turns[1].begun
    assert turns[1].elapsed() < 60
    assert all([isinstance(await child.answer(turn), Done) for turn in turns])


async def test_a_job_that_is_done_before_its_turn_was_noticed_is_not_given_up(
    lone: ChildPool, tmp_path: Path
) -> None:
    first, second = await behind_another(lone, tmp_path)
    time.sleep(pool_module.FOLLOW_SECONDS)
    turns = [await first, await second]
    assert [Path(turn.target).name for turn in turns] == ["a.pdf", "b.pdf"]
    assert turns[1].child.jobs == 3


async def test_a_job_that_is_cancelled_before_its_end_was_noticed_leaves_no_file(
    lone: ChildPool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, second = await behind_another(lone, tmp_path)
    end = Turn.end

    def end_and_cancel(turn: Turn, answer: Done | Failed | Revoked) -> None:
        end(turn, answer)
        if turn.target.endswith("b.pdf"):
            second.cancel()

    monkeypatch.setattr(Turn, "end", end_and_cancel)
    with pytest.raises(asyncio.CancelledError):
        await second
    await run(lone, order(tmp_path / "c.pdf"))
    assert not (tmp_path / "b.pdf").exists()


async def test_a_child_is_not_killed_for_a_job_that_it_has_just_ended(
    lone: ChildPool,
    settings: Settings,
    leases: Leases,
    commands: QueueCommands,
    reads: QueueReads,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The word that the first job is cancelled comes when its child is already at the second one."""
    storage = LocalStorage(settings.storage_path)
    storage.prepare()
    datasets = DatasetFolder(settings.dataset_path)
    executor = Executor(settings, leases, lone, storage, Listeners(), datasets)
    for _ in range(2):
        await commands.submit(spec())
    jobs = (await leases.claim(2)).jobs
    end = Turn.end

    def end_and_stop(turn: Turn, answer: Done | Failed | Revoked) -> None:
        end(turn, answer)
        if turn.order.task.job_id == jobs[0].id:
            executor.stop(jobs[0].id, CANCELLED, jobs[0].fence)

    monkeypatch.setattr(Turn, "end", end_and_stop)
    await asyncio.gather(*(executor.run(job, lambda _: None) for job in jobs))
    (child,) = lone._children
    assert child.jobs == 2
    found = await reads.job(jobs[1].id)
    assert found is not None
    assert found.state is JobState.COMPLETED


async def test_a_closed_child_keeps_nobody_waiting_for_a_payload_that_it_did_not_read(
    child: RenderChild, tmp_path: Path
) -> None:
    os.kill(child.pid, signal.SIGSTOP)
    child.give(order(tmp_path / "a.pdf", LARGE))
    second = child.give(order(tmp_path / "b.pdf", payload("table", {"rows": ["x" * (8 << 20)]})))
    child._channel.close()
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert isinstance(second.begun.exception(), TurnLost)


async def test_a_slot_is_not_lost_with_a_start_for_which_descriptors_were_missing(
    lone: ChildPool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def too_many() -> tuple[socket.socket, socket.socket]:
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    first = await run(lone, order(tmp_path / "a.pdf"))
    monkeypatch.setattr(socket, "socketpair", too_many)
    first.child.kill()
    async with asyncio.timeout(30):
        with pytest.raises(RenderChildDied, match="Too many open files"):
            await run(lone, order(tmp_path / "b.pdf"))
        monkeypatch.undo()
        await run(lone, order(tmp_path / "c.pdf"))
