"""The benchmark of renderers: what it measures of Pressroom, and what it concludes from bounds."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from benchmarks.kit import contents, processes
from benchmarks.kit.budget import Budget
from benchmarks.kit.contest import Contestant, take_turns
from benchmarks.kit.ours import _ours
from benchmarks.render import _comparison

ANSWERS = """
import sys, time
print('{"ready": true}', flush=True)
for line in sys.stdin:
    %s
    print('{"seconds": 0.5}', flush=True)
"""


@pytest.fixture(autouse=True)
def no_keeper(monkeypatch: pytest.MonkeyPatch) -> None:
    """These processes end by themselves when their input does; nobody has to watch over them."""
    monkeypatch.setattr(processes, "_tell", lambda line: None)


def contestant(name: str, work: str = "pass", **fields: float) -> Contestant:
    """A renderer that answers when it has done `work`."""
    return Contestant(name, (sys.executable, "-c", ANSWERS % work), **fields)  # type: ignore[arg-type]


def test_a_table_that_comes_as_a_dataset_is_rendered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contents, "INLINE_ROWS", 10)
    content = contents.long_table(30)
    content.write(tmp_path / "small", html=False)
    _ours(tmp_path / "small")(tmp_path / "out.pdf")
    assert (tmp_path / "out.pdf").read_bytes().startswith(b"%PDF")


def test_who_fails_says_why(tmp_path: Path) -> None:
    one = contestant("one", "raise SystemExit('no rows')")
    one.start(tmp_path / "log.txt")
    take_turns([one], tmp_path / "out.pdf", Budget(20))
    assert one.out == "failed: ended with 1 (no rows)"


def test_who_is_dear_is_tried_and_leaves_a_bound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("benchmarks.kit.contest.LEAST_TRY", 0.3)
    everyone = [contestant("ours", sure=True), contestant("slow", "time.sleep(60)", expected=5.0)]
    for one in everyone:
        one.start(tmp_path / "log.txt")
    take_turns(everyone, tmp_path / "out.pdf", Budget(3), most=2)
    everyone[0].stop()
    assert len(everyone[0].samples) == 2
    assert everyone[1].at_least > 0
    assert (everyone[1].out or "").startswith("stopped after")


@pytest.mark.parametrize(
    ("ours", "medians", "bounds", "said", "met"),
    [
        (1.0, {"a": 3.0, "b": 2.0}, {}, "2.00 × b", True),
        (1.0, {"a": 0.5}, {"b": 4.0}, "0.50 × a", False),
        (1.0, {"a": 3.0}, {"b": 2.0}, "3.00 × a; more than 2.00 × b (stopped)", True),
        (2.0, {}, {"b": 1.0}, "more than 0.50 × b (stopped)", False),
        (1.0, {}, {}, "no peer was measured", None),
        (None, {"a": 1.0}, {}, "Pressroom was not measured", None),
    ],
)
def test_a_bound_counts_as_what_it_is(
    ours: float | None, medians: dict[str, float], bounds: dict[str, float], said: str, met: bool | None
) -> None:
    assert _comparison(ours, medians, bounds) == (said, met)
