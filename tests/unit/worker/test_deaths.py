"""How a child ended, in one sentence."""

from __future__ import annotations

import signal

import pytest

from worker.children.deaths import MAX_DETAIL, detail_of, reason_of


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (
            -signal.SIGSEGV,
            (
                "the render child was killed by signal 11 (SIGSEGV): "
                "native code used memory that it does not have"
            ),
        ),
        (-signal.SIGUSR1, f"the render child was killed by signal {signal.SIGUSR1:d} (SIGUSR1)"),
        (-40, "the render child was killed by signal 40"),
        (3, "the render child ended by itself with status 3"),
        (0, "the render child ended by itself with status 0"),
    ],
)
def test_an_exit_status_is_told_in_words(status: int, reason: str) -> None:
    assert reason_of(status) == reason


def test_a_child_that_was_killed_may_have_run_out_of_memory() -> None:
    assert "memory runs out" in reason_of(-signal.SIGKILL)


def test_of_a_crash_the_beginning_of_its_stack_is_kept() -> None:
    stack = "Fatal Python error: Segmentation fault\n" + '  File "engine.py", line 1\n' * 1000
    assert detail_of("noise\n" * 1000 + stack) == stack[:MAX_DETAIL]


def test_of_other_last_words_the_end_is_kept() -> None:
    assert detail_of("x" * MAX_DETAIL + "ImportError: no reportlab\n").endswith("ImportError: no reportlab")
    assert detail_of(" \n") == ""
