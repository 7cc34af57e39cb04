"""A fork that the system refuses harms nobody, and is tried again."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
from pathlib import Path

import pytest

from shared.errors import RenderChildDied
from shared.settings import Settings
from tests.integration.worker.fork_server_that_fails import refusal_of
from tests.integration.worker.test_children import LARGE, order
from tests.integration.worker.test_turns import run, until
from worker.children import forking, forkserver
from worker.children.forking import ForkServer
from worker.children.pool import ChildPool
from worker.children.process import RenderChild


def pool_of(settings: Settings, size: int) -> ChildPool:
    children = ChildPool(settings.model_copy(update={"worker_concurrency": size}))
    children.start()
    return children


async def test_what_runs_goes_on_when_another_child_cannot_be_forked(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forking, "FORK_SERVER_MODULE", "tests.integration.worker.fork_server_that_fails")
    children = pool_of(settings, 3)
    await until(lambda: len(children._children) == 3)
    running = [
        asyncio.create_task(run(children, order(tmp_path / f"{name}.pdf", LARGE))) for name in ("a", "b")
    ]
    await until(lambda: sum(child.in_line for child in children._children) == 2)
    refusal_of(os.getpid()).touch()
    lost = next(child for child in children._children if not child.in_line)
    lost.kill()
    assert len(await asyncio.gather(*running)) == 2
    await until(lambda: len(children._children) == 3 and lost not in children._children)
    assert not refusal_of(os.getpid()).exists(), "the fork was not refused"
    await children.close()


async def test_a_failed_start_is_tried_again_and_told_to_nobody_while_another_child_lives(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    children = pool_of(settings, 2)
    await until(lambda: len(children._children) == 2)
    start, tries = RenderChild.start, 0

    async def start_at_the_third_try(server: ForkServer) -> RenderChild:
        nonlocal tries
        tries += 1
        if tries < 3:
            raise BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable")
        return await start(server)

    monkeypatch.setattr(RenderChild, "start", start_at_the_third_try)
    children._children[0].kill()
    jobs = [order(tmp_path / f"{number}.pdf", LARGE) for number in range(4)]
    assert len(await asyncio.gather(*(run(children, job) for job in jobs))) == 4
    await until(lambda: len(children._children) == 2)
    assert tries == 3
    await children.close()


async def test_where_no_child_starts_each_failure_is_told_to_one_job(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries: list[int] = []

    async def no_start(_: ForkServer) -> RenderChild:
        tries.append(1)
        raise BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable")

    monkeypatch.setattr(RenderChild, "start", no_start)
    children = pool_of(settings, 1)
    await until(lambda: tries)  # nobody is there to be told
    jobs = [order(tmp_path / f"{number}.pdf") for number in range(2)]
    told = await asyncio.gather(*(run(children, job) for job in jobs), return_exceptions=True)
    assert [type(error) for error in told] == [RenderChildDied, RenderChildDied]
    assert len(tries) >= 3
    monkeypatch.undo()
    await run(children, order(tmp_path / "last.pdf"))
    await children.close()


@pytest.mark.parametrize("descriptors", [0, 1, 2])
def test_the_fork_server_answers_with_the_reason_and_keeps_no_descriptor(
    descriptors: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_fork() -> int:
        raise BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable")

    monkeypatch.setattr(os, "fork", no_fork)
    control, other = socket.socketpair()
    given = [os.dup(other.fileno()) for _ in range(descriptors)]
    answer = forkserver._fork(control, 64, given)
    assert answer == -(errno.EAGAIN if descriptors == 2 else errno.EMFILE)
    for descriptor in given:
        with pytest.raises(OSError, match="Bad file descriptor"):
            os.fstat(descriptor)
    control.close()
    other.close()
