"""A child has its next job at hand, and a job that waits in a child's line is never lost with the child."""

from __future__ import annotations

import asyncio
import math
import os
import signal
from pathlib import Path

import pytest

from shared.errors import RenderChildDied
from shared.settings import Settings
from tests.integration.worker.lending import turn_of
from tests.integration.worker.test_children import LARGE, SMALL, order, payload
from worker.children import pool as pool_module
from worker.children import process as process_module
from worker.children.pool import LINE, ChildPool, NoChildFree, longest_line
from worker.children.process import RenderChild
from worker.children.protocol import Done, Failed, Revoked
from worker.children.turns import Order, Turn


async def run(children: ChildPool, asked: Order, ended: list[str] | None = None) -> Turn:
    """The turn of a job that has been rendered; its target's name is added to `ended`."""
    async with turn_of(children, asked) as turn:
        assert isinstance(await turn.child.answer(turn), Done)
    if ended is not None:
        ended.append(Path(asked.task.target).name)
    return turn


async def until(condition: object) -> None:
    async with asyncio.timeout(30):
        while not condition():  # type: ignore[operator]
            await asyncio.sleep(0.002)


async def test_a_child_begins_its_next_job_by_itself(child: RenderChild, tmp_path: Path) -> None:
    first, second = child.give(order(tmp_path / "a.pdf")), child.give(order(tmp_path / "b.pdf"))
    assert first.begun.done()
    assert not second.begun.done()
    answers = [await child.answer(turn) for turn in (first, second)]
    assert all(isinstance(answer, Done) for answer in answers)
    assert second.begun.done()
    assert {path.name for path in tmp_path.iterdir()} == {"a.pdf", "b.pdf"}


async def test_a_job_that_was_given_up_in_time_is_not_rendered(child: RenderChild, tmp_path: Path) -> None:
    first = child.give(order(tmp_path / "a.pdf", LARGE))
    second, third = child.give(order(tmp_path / "b.pdf", LARGE)), child.give(order(tmp_path / "c.pdf"))
    child.give_up(second)
    assert isinstance(await child.answer(first), Done)
    assert isinstance(await child.answer(third), Done)
    assert not second.answered.done()
    assert {path.name for path in tmp_path.iterdir()} == {"a.pdf", "c.pdf"}


async def test_jobs_of_some_size_that_were_given_up_in_time_are_not_rendered_either(
    child: RenderChild, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The words that take them back stand behind all their payloads."""
    ends: list[str] = []
    end = Turn.end

    def end_and_note(turn: Turn, answer: Done | Failed | Revoked) -> None:
        ends.append(type(answer).__name__)
        end(turn, answer)

    monkeypatch.setattr(Turn, "end", end_and_note)
    first = child.give(order(tmp_path / "first.pdf", LARGE))
    sizable = payload("table", {"rows": [{"text": "x" * 100} for _ in range(300)]})
    behind = [child.give(order(tmp_path / f"{n}.pdf", sizable)) for n in range(5)]
    for turn in behind:
        child.give_up(turn)
    assert isinstance(await child.answer(first), Done)
    await until(lambda: not child.in_line)
    assert ends == ["Done", *["Revoked"] * 5]


async def test_what_comes_of_a_job_that_was_given_up_too_late_is_removed(
    child: RenderChild, tmp_path: Path
) -> None:
    turn = child.give(order(tmp_path / "a.pdf"))
    child.give_up(turn)
    after = child.give(order(tmp_path / "b.pdf"))
    assert isinstance(await child.answer(after), Done)
    assert [path.name for path in tmp_path.iterdir()] == ["b.pdf"]


async def test_a_child_does_not_work_in_vain_for_long(
    child: RenderChild, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process_module, "IN_VAIN_SECONDS", 0.01)
    turn = child.give(order(tmp_path / "a.pdf", LARGE))
    await asyncio.sleep(0.05)
    child.give_up(turn)
    await until(lambda: not child.is_reusable)
    await child.close()
    assert list(tmp_path.iterdir()) == []


async def test_an_answer_that_was_not_asked_for_is_the_end_of_a_child(
    child: RenderChild, tmp_path: Path
) -> None:
    turn = child.give(order(tmp_path / "a.pdf", LARGE))
    child._channel.data_received(b'\x00\x00\x00\x0e{"revoked":{}}')
    with pytest.raises(RenderChildDied, match="nonsense"):
        await child.answer(turn)


async def test_the_pool_replaces_a_dead_child(lone: ChildPool, tmp_path: Path) -> None:
    turn = await _begin(lone, order(tmp_path / "a.pdf", LARGE))
    os.kill(turn.child.pid, signal.SIGKILL)
    with pytest.raises(RenderChildDied):
        await turn.child.answer(turn)
    second = await run(lone, order(tmp_path / "b.pdf"))
    assert second.child.pid != turn.child.pid
    assert (await run(lone, order(tmp_path / "c.pdf"))).child.pid == second.child.pid


async def test_a_job_that_is_left_in_the_middle_leaves_no_child_behind(
    lone: ChildPool, tmp_path: Path
) -> None:
    with pytest.raises(KeyError):
        async with turn_of(lone, order(tmp_path / "a.pdf", LARGE)) as turn:
            raise KeyError
    assert not turn.child.is_reusable
    assert (await run(lone, order(tmp_path / "b.pdf"))).child is not turn.child


async def test_a_child_that_died_while_it_was_idle_is_not_given_to_a_job(
    lone: ChildPool, tmp_path: Path
) -> None:
    first = (await run(lone, order(tmp_path / "a.pdf"))).child
    os.kill(first.pid, signal.SIGKILL)
    await until(lambda: not first.is_reusable)
    assert (await run(lone, order(tmp_path / "b.pdf"))).child.pid != first.pid


async def test_a_worn_out_child_is_replaced(settings: Settings, tmp_path: Path) -> None:
    update = {"worker_concurrency": 1, "render_jobs_per_child": 2}
    children = ChildPool(settings.model_copy(update=update))
    children.start()
    turns = await asyncio.gather(*(run(children, order(tmp_path / f"{n}.pdf")) for n in range(5)))
    pids = [turn.child.pid for turn in turns]
    assert pids[0] == pids[1] != pids[2] == pids[3] != pids[4]
    await children.close()


async def test_a_job_behind_one_whose_child_dies_is_rendered_elsewhere(
    lone: ChildPool, tmp_path: Path
) -> None:
    """It has harmed nobody, so it does not fail; and its file is another one, as its child may have begun."""
    first = await asyncio.wait_for(_begin(lone, order(tmp_path / "a.pdf", LARGE)), 30)
    behind = asyncio.create_task(run(lone, order(tmp_path / "b.pdf")))
    await until(lambda: first.child.in_line == 2)
    first.child.kill()
    turn = await behind
    assert turn.child is not first.child
    assert turn.target == f"{tmp_path / 'b.pdf'}-1"
    with pytest.raises(RenderChildDied):
        await first.child.answer(first)


@pytest.mark.parametrize(
    ("pace", "jobs"),
    [(0.0, 12), (0.002, 12), (0.004, 7), (0.008, 4), (0.012, 3), (0.024, 2), (1.0, 2), (math.inf, 2)],
)
def test_the_line_of_a_child_is_as_long_as_its_jobs_are_brief(pace: float, jobs: int) -> None:
    assert longest_line(pace) == jobs


async def test_brief_jobs_make_a_longer_line_and_slow_ones_shorten_it(
    lone: ChildPool, tmp_path: Path
) -> None:
    first = await _begin(lone, order(tmp_path / "first.pdf", LARGE))
    child = first.child
    child.pace = 0.001
    tasks = [asyncio.create_task(run(lone, order(tmp_path / f"{n}.pdf"))) for n in range(2 * LINE)]
    await until(lambda: child.in_line == LINE)
    await asyncio.sleep(0.005)
    assert child.in_line == LINE
    assert isinstance(await child.answer(first), Done)
    await asyncio.gather(*tasks)
    assert child.pace > 0.001


async def test_the_shorter_line_gets_the_next_job(pool: ChildPool, tmp_path: Path) -> None:
    await asyncio.gather(*(run(pool, order(tmp_path / f"warm-{n}.pdf")) for n in range(4)))
    slow = [await _begin(pool, order(tmp_path / f"slow-{n}.pdf", LARGE)) for n in range(2)]
    assert slow[0].child is not slow[1].child
    for turn in slow:
        turn.child.pace = 0.001
    tasks = [asyncio.create_task(run(pool, order(tmp_path / f"{n}.pdf"))) for n in range(6)]
    await until(lambda: sum(turn.child.in_line for turn in slow) == 8)
    assert [turn.child.in_line for turn in slow] == [4, 4]
    for turn in slow:
        assert isinstance(await turn.child.answer(turn), Done)
    await asyncio.gather(*tasks)


async def test_jobs_that_a_child_lost_keep_their_order(lone: ChildPool, tmp_path: Path) -> None:
    first = await _begin(lone, order(tmp_path / "first.pdf", LARGE))
    first.child.pace = 0.001
    ended: list[str] = []
    names = [f"{n}.pdf" for n in range(LINE + 3)]
    tasks = [asyncio.create_task(run(lone, order(tmp_path / name), ended)) for name in names]
    await until(lambda: first.child.in_line == LINE)
    first.child.kill()
    await asyncio.gather(*tasks)
    assert ended == names
    with pytest.raises(RenderChildDied):
        await first.child.answer(first)


async def test_a_job_waits_behind_a_slow_one_for_a_moment_only(
    pool: ChildPool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool_module, "FOLLOW_SECONDS", 5.0)
    await asyncio.gather(*(run(pool, order(tmp_path / f"warm-{n}.pdf")) for n in range(2)))
    slow = await _begin(pool, order(tmp_path / "slow.pdf", LARGE))
    other = await _begin(pool, order(tmp_path / "other.pdf", LARGE))
    ended: list[str] = []
    monkeypatch.setattr(pool_module, "FOLLOW_SECONDS", 0.1)
    slow.since = other.since = slow.child.current.since + 1000  # type: ignore[union-attr]
    behind = asyncio.create_task(run(pool, order(tmp_path / "behind.pdf"), ended))
    await until(lambda: slow.child.in_line == 2)
    other.child.kill()
    turn = await behind
    assert turn.child is not slow.child
    assert not slow.answered.done()
    assert isinstance(await slow.child.answer(slow), Done)
    assert await run(pool, order(tmp_path / "last.pdf"))
    assert not (tmp_path / "behind.pdf").exists()


async def test_a_large_job_follows_nobody_and_is_followed_by_nobody(lone: ChildPool, tmp_path: Path) -> None:
    first = await _begin(lone, order(tmp_path / "a.pdf", LARGE, is_large=True))
    ended: list[str] = []
    waiting = [
        asyncio.create_task(run(lone, asked, ended))
        for asked in (order(tmp_path / "b.pdf", is_large=True), order(tmp_path / "c.pdf"))
    ]
    await asyncio.sleep(0.05)
    assert first.child.in_line == 1
    assert isinstance(await first.child.answer(first), Done)
    await asyncio.gather(*waiting)
    assert ended == ["b.pdf", "c.pdf"]


async def test_jobs_are_served_in_the_order_in_which_they_came(lone: ChildPool, tmp_path: Path) -> None:
    ended: list[str] = []
    names = [f"{n}.pdf" for n in range(12)]
    await asyncio.gather(*(run(lone, order(tmp_path / name), ended) for name in names))
    assert ended == names


async def test_who_finds_no_child_in_time_leaves_the_line(lone: ChildPool, tmp_path: Path) -> None:
    first = await _begin(lone, order(tmp_path / "a.pdf", LARGE, is_large=True))
    with pytest.raises(NoChildFree):
        async with turn_of(lone, order(tmp_path / "b.pdf"), hold_seconds=0.01):
            pass
    assert isinstance(await first.child.answer(first), Done)
    await run(lone, order(tmp_path / "c.pdf"))
    assert {path.name for path in tmp_path.iterdir()} == {"a.pdf", "c.pdf"}


async def test_a_cancelled_job_leaves_the_line_wherever_it_is(lone: ChildPool, tmp_path: Path) -> None:
    first = await _begin(lone, order(tmp_path / "a.pdf", LARGE))
    tasks = [asyncio.create_task(run(lone, order(tmp_path / f"{n}.pdf"))) for n in range(3)]
    await until(lambda: first.child.in_line == 2)
    for task in tasks:
        task.cancel()
    assert await asyncio.gather(*tasks, return_exceptions=True)
    assert isinstance(await first.child.answer(first), Done)
    await run(lone, order(tmp_path / "z.pdf"))
    assert {path.name for path in tmp_path.iterdir()} == {"a.pdf", "z.pdf"}


async def test_when_no_child_starts_one_job_is_told_and_the_next_one_gets_another_try(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("worker.children.forking.ENVIRONMENT", {"PATH": os.defpath, "PYTHONPATH": "/x"})
    monkeypatch.setattr("worker.children.forking.CHECKOUT", Path("/"))
    children = ChildPool(settings.model_copy(update={"worker_concurrency": 1}))
    children.start()
    for _ in range(2):
        with pytest.raises(RenderChildDied, match="fork server ended"):
            async with turn_of(children, order(tmp_path / "a.pdf")):
                pass
    monkeypatch.undo()  # the next start is under way, but has not looked yet
    await run(children, order(tmp_path / "b.pdf"))
    await children.close()


async def test_bad_data_is_no_reason_to_lose_ones_place(child: RenderChild, tmp_path: Path) -> None:
    first, second = child.give(order(tmp_path / "a.pdf", b"?")), child.give(order(tmp_path / "b.pdf", SMALL))
    assert isinstance(await child.answer(first), Failed)
    assert isinstance(await child.answer(second), Done)


async def _begin(children: ChildPool, asked: Order) -> Turn:
    """A turn that has begun and is nobody's."""
    turn = await children._begun(asked)
    assert turn.since
    return turn
