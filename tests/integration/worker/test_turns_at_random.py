"""Jobs of all kinds, with children that die and waiters that leave, in an order that a seed decides.

Whatever happens: each job gets its own answer or the reason for its own end, and nothing is left of it.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import hashlib
import os
import random
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import uvloop

from shared.errors import RenderChildDied
from shared.settings import Settings
from tests.e2e.faults.service import MISBEHAVING_CHILD_MODULE
from tests.integration.worker.lending import turn_of
from tests.integration.worker.test_children import parent_of, payload, task
from worker.children import forking
from worker.children.pool import ChildPool, NoChildFree
from worker.children.protocol import Done, Failed, Progress
from worker.children.turns import Order, Turn

CHILDREN = 3
JOBS = 150
#: more of them for whoever changes what a child or the pool does
SEEDS = range(1, 2)
#: what a job does, and how often
KINDS = {
    "": 60,
    "sleep:0.02": 8,
    "sleep:0.15": 6,
    "bad": 5,
    "segfault": 5,
    "garbage": 2,
    "invalid": 6,
    "big": 3,
}
BIG = "x" * (3 << 20)


class Round:
    """One seed's jobs, and what came of them."""

    def __init__(self, children: ChildPool, folder: Path, seed: int) -> None:
        self.children, self.folder, self.random = children, folder, random.Random(seed)
        #: children that were killed by hand
        self.killed: set[int] = set()
        self.lost_fork_server = False
        self.faults: list[str] = []
        self.ends: dict[str, int] = {}

    async def run(self) -> None:
        tasks = []
        for number in range(JOBS):
            tasks.append(asyncio.create_task(self._job(f"job-{number}")))
            self._disturb(tasks)
            if self.random.random() < 0.4:
                await asyncio.sleep(self.random.choice([0, 0.002, 0.01, 0.03]))
        async with asyncio.timeout(100):
            await asyncio.gather(*tasks, return_exceptions=True)
        for done in tasks:
            if not done.cancelled() and (error := done.exception()):
                self.faults.append(repr(error))

    def _disturb(self, tasks: list[asyncio.Task[None]]) -> None:
        chance = self.random.random()
        if chance < 0.01:
            self._kill_fork_server()
        elif chance < 0.05:
            self._kill(signal.SIGKILL)
        elif chance < 0.07:
            self._kill(signal.SIGSTOP)
        elif chance < 0.25:
            victim = self.random.choice(tasks[-12:])
            asyncio.get_running_loop().call_later(self.random.random() / 30, victim.cancel)
        elif chance < 0.35:
            time.sleep(self.random.choice([0.005, 0.02, 0.04]))  # the event loop stands still

    def _kill(self, number: signal.Signals) -> None:
        living = [child.pid for child in self.children._children if child.is_reusable]
        if living:
            pid = self.random.choice(living)
            self.killed.add(pid)
            os.kill(pid, number)

    def _kill_fork_server(self) -> None:
        self.lost_fork_server = True
        for pid in [child.pid for child in self.children._children if child.is_reusable]:
            with contextlib.suppress(OSError):
                os.kill(parent_of(pid), signal.SIGKILL)
                return

    def _is_excused(self, turn: Turn | None, error: RenderChildDied) -> bool:
        """Whether the child was lost by what was done to it by hand."""
        if turn is not None and turn.child.pid in self.killed:
            return True
        return self.lost_fork_server and (turn is None or "lost together" in str(error))

    async def _job(self, name: str) -> None:
        (kind,) = self.random.choices([*KINDS], [*KINDS.values()])
        hold = self.random.choice([None, None, 0.01, 0.05, 0.25])
        # a stopped child is noticed by nothing but this
        limit = self.random.choice([0.01, 0.05, 1.5, 1.5, 1.5])
        turn: Turn | None = None
        end = "?"
        try:
            async with turn_of(self.children, self._order(name, kind), hold) as turn:
                async with asyncio.timeout(limit):
                    answer = await turn.child.answer(turn)
            end = type(answer).__name__
            self._judge(name, kind, turn, answer)
        except NoChildFree:
            end = "no child"
        except TimeoutError:
            end = "timeout"
        except RenderChildDied as error:
            end = "died"
            if kind not in ("segfault", "garbage") and not self._is_excused(turn, error):
                self.faults.append(f"{name} ({kind}) was charged with: {error}")
        finally:
            self.ends[end] = self.ends.get(end, 0) + 1
            if turn is not None:
                Path(turn.target).unlink(missing_ok=True)

    def _judge(self, name: str, kind: str, turn: Turn, answer: Done | Failed) -> None:
        if isinstance(answer, Done):
            digest = hashlib.sha256(Path(turn.target).read_bytes()).hexdigest()
            if digest != answer.sha256 or kind in ("bad", "segfault", "garbage", "invalid"):
                self.faults.append(f"{name} ({kind}) got another one's answer")
        elif {"bad": "ValueError", "invalid": "ValidationFailed"}.get(kind) != answer.type:
            self.faults.append(f"{name} ({kind}) failed: {answer}")

    def _order(self, name: str, kind: str) -> Order:
        data: dict[str, Any] = {"period": name, "revenue": 1}
        if kind == "big":
            data["period"] = f"{name} {BIG}"
        elif kind == "invalid":
            data = {}
        elif kind:
            data["misbehave"] = kind

        def on_progress(news: Progress) -> None:
            if news.stage == "sleeping" and not kind.startswith("sleep"):
                self.faults.append(f"{name} ({kind}) was told another one's progress")

        target = self.folder / f"{name}.pdf"
        is_large = kind == "sleep:0.15"
        return Order(task(target), payload("test", data), on_progress, lambda n: f"{target}-{n}", is_large)


def descriptors() -> int:
    return len([*Path("/proc/self/fd").iterdir()])


async def settled(children: ChildPool, folder: Path) -> None:
    """The pool is as full as ever, and nothing of a job is left."""
    async with asyncio.timeout(30):
        while (
            children._starting
            or children._closing
            or len(children._children) != CHILDREN
            or not all(child.is_reusable and not child.in_line for child in children._children)
        ):
            await asyncio.sleep(0.01)
    assert [path.name for path in folder.iterdir()] == []


async def play(settings: Settings, folder: Path, seed: int) -> Round:
    errors: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: errors.append(context))
    update = {"worker_concurrency": CHILDREN, "render_jobs_per_child": 5 + seed % 20}
    children = ChildPool(settings.model_copy(update=update))
    children.start()
    try:
        await settled(children, folder)
        before = descriptors()
        played = Round(children, folder, seed)
        await played.run()
        await settled(children, folder)
        # a fork server's socket may stay until the next one is replaced
        assert descriptors() - before <= played.lost_fork_server
        assert not [granted for *_, granted in children._waiting if not granted.done()]
        await asyncio.sleep(0)
    finally:
        await children.close()
    gc.collect()
    assert errors == []
    return played


@pytest.mark.parametrize("loop", [asyncio.new_event_loop, uvloop.new_event_loop])
@pytest.mark.parametrize("seed", SEEDS)
def test_each_job_gets_its_own_end_and_leaves_nothing_behind(
    settings: Settings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    loop: Callable[[], asyncio.AbstractEventLoop],
    seed: int,
) -> None:
    monkeypatch.setattr(forking, "FORK_SERVER_MODULE", MISBEHAVING_CHILD_MODULE)
    folder = tmp_path / "files"
    folder.mkdir()
    with contextlib.closing(asyncio.Runner(loop_factory=loop)) as runner:
        played = runner.run(play(settings, folder, seed))
    assert played.faults == []
    assert {"Done", "Failed", "timeout", "died"} <= played.ends.keys()
