"""Processes that let each other finish."""

from __future__ import annotations

import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the policy is Linux's")

SAY_POLICY = "import os; print(os.sched_getscheduler(0) == os.SCHED_BATCH)"


def test_what_a_batch_process_starts_is_one_too() -> None:
    program = (
        "import subprocess, sys; from shared.tuning import prefer_throughput; prefer_throughput();"
        f"subprocess.run([sys.executable, '-c', {SAY_POLICY!r}], check=True)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "True\n"
