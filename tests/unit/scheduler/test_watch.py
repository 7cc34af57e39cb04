"""Who is taken for lost, and who is not."""

from __future__ import annotations

import pytest

from scheduler.watch import SETTLED_MS, LostWorker, Watch
from shared.queue.connections import Connections, workers_in

GRACE_MS = 1_000


def seen(at_ms: int, own_id: int = 7, heard_of: tuple[str, ...] = (), **workers: int) -> Connections:
    """Workers with one connection each, by its id."""
    listed = {name: frozenset({number}) for name, number in workers.items()}
    return Connections(at_ms, own_id, listed, frozenset(heard_of))


@pytest.fixture
def watch() -> Watch:
    watch = Watch(GRACE_MS)
    watch.look(seen(0, w1=11, w2=12))
    return watch


def test_a_worker_gone_for_the_grace_is_lost(watch: Watch) -> None:
    watch.look(seen(500, w2=12))
    assert watch.lost(1_499) == []
    assert watch.lost(1_500) == [LostWorker("w1", gone_ms=500, last_seen_ms=0)]


def test_a_worker_that_reconnects_within_the_grace_is_not_lost(watch: Watch) -> None:
    watch.look(seen(500, w2=12))
    watch.look(seen(900, w1=13, w2=12))
    assert watch.lost(10_000) == []


def test_a_worker_that_was_never_seen_is_never_judged(watch: Watch) -> None:
    watch.look(seen(500, heard_of=("w3",), w1=11, w2=12))
    assert watch.lost(100_000) == []


def test_nobody_is_judged_when_the_own_connection_was_lost_too(watch: Watch) -> None:
    watch.look(seen(500, own_id=8))
    assert watch.lost(100_000) == []
    assert watch.ids == []


def test_nobody_is_judged_after_an_outage_until_seen_again(watch: Watch) -> None:
    watch.forget()
    watch.look(seen(500))
    assert watch.lost(100_000) == []


def test_a_standby_remembers_who_was_lost_until_the_leader_must_have_seen_to_it(watch: Watch) -> None:
    watch.look(seen(500, w2=12))
    watch.drop_settled(500 + SETTLED_MS - 1)
    assert [worker.worker_id for worker in watch.lost(10_000)] == ["w1"]
    watch.drop_settled(500 + SETTLED_MS)
    assert watch.lost(500 + SETTLED_MS) == []
    assert watch.ids == [12]


def test_a_whole_listing_is_asked_for_only_when_somebody_is_missing_or_new(watch: Watch) -> None:
    assert not watch.is_unsure(seen(100, heard_of=("w1", "w2"), w1=11, w2=12))
    assert watch.is_unsure(seen(100, w2=12))
    assert watch.is_unsure(seen(100, heard_of=("w3",), w1=11, w2=12))
    assert watch.is_unsure(seen(100, own_id=8, w1=11, w2=12))


def test_a_worker_whose_name_is_hidden_is_looked_for_now_and_then_only(watch: Watch) -> None:
    hidden = {"heard_of": ("w3",), "w1": 11, "w2": 12}
    watch.look(seen(100, **hidden))  # type: ignore[arg-type]
    assert not watch.is_unsure(seen(9_000, **hidden))  # type: ignore[arg-type]
    assert watch.is_unsure(seen(11_000, **hidden))  # type: ignore[arg-type]


def test_the_next_look_is_when_the_grace_ends(watch: Watch) -> None:
    assert watch.next_look_ms(400) is None
    watch.look(seen(500, w2=12))
    assert watch.next_look_ms(700) == 800


def test_workers_are_found_in_a_client_list_whatever_else_is_in_it() -> None:
    listing = (
        b"id=3 addr=/tmp/a b=c:0 name=pressroom:worker:w-1 age=1 cmd=xread\n"
        b"id=4 addr=1.2.3.4:5 name=pressroom:worker:w-1 user=default\r\n"
        b"id=5 name=pressroom:producer\n\nid=x name=pressroom:worker:w-2\n\xff\xfe nonsense\n"
    )
    assert workers_in(listing) == {"w-1": frozenset({3, 4})}
