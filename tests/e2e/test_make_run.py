"""`make run`: the launcher with the real services."""

from __future__ import annotations

import hashlib
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.settings import CHECKOUT
from tests.e2e.client import eventually
from tests.e2e.stack import Stack, is_alive


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with Stack(tmp_path_factory.mktemp("stack")) as stack:
        yield stack.start()


def test_a_posted_report_becomes_a_pdf_that_dashboard_and_worker_serve(stack: Stack) -> None:
    job = stack.completed(stack.submit())
    downloads = [
        stack.get(stack.dashboard_port, f"/api/jobs/{job['id']}/download"),
        stack.get(stack.worker_port, f"/uploads/{job['result']['fileName']}"),
    ]
    for download in downloads:
        assert download.headers["content-type"] == "application/pdf"
        assert download.content.startswith(b"%PDF-")
        assert hashlib.sha256(download.content).hexdigest() == job["result"]["sha256"]


def test_the_lines_of_every_service_stand_after_its_name(stack: Stack) -> None:
    names = {line.split("│")[0].strip() for line in stack.output.splitlines() if "│" in line}
    assert names >= {"producer", "worker-1", "worker-2", "scheduler"}
    assert "\x1b" not in stack.output, "colours are for terminals only"


def test_a_second_launcher_on_the_same_data_folder_is_refused(stack: Stack) -> None:
    assert stack.process is not None
    assert stack.launch().wait(30) == 1
    assert f"is running already on {stack.folder / 'data'} (process {stack.process.pid})" in stack.output
    assert stack.get(stack.producer_port, "/ready").json() == {"ready": True}


def test_a_taken_port_is_refused_with_its_number_and_its_setting(stack: Stack) -> None:
    with Stack(stack.folder / "other") as other:
        other.env["PRESSROOM_DASHBOARD_PORT"] = str(stack.dashboard_port)
        assert other.launch().wait(30) == 1
        assert f"port {stack.dashboard_port} is taken" in other.output
        assert "set PRESSROOM_DASHBOARD_PORT to another port" in other.output
        if sys.platform == "linux":
            assert f"(process {stack.pid_of('-m dashboard')})" in other.output


def test_a_killed_worker_comes_back_and_the_rest_keeps_running(stack: Stack) -> None:
    before = stack.pids()
    worker = stack.pid_of("-m worker")
    os.kill(worker, signal.SIGKILL)
    eventually(lambda: f"(process {worker}) was ended by SIGKILL" in stack.output, "the death is reported")

    def both_workers_are_seen() -> bool:
        workers = [pid for pid, command in stack.pids().items() if command.endswith("-m worker")]
        seen = {entry["pid"] for entry in stack.get(stack.dashboard_port, "/api/workers").json()["workers"]}
        return len(workers) == 2 and set(workers) <= seen

    eventually(both_workers_are_seen, "two workers beat")
    others = [pid for pid, command in before.items() if "worker" not in command]
    assert len([pid for pid in others if is_alive(pid)]) == len(others) > 0
    stack.completed(stack.submit())


def test_a_killed_redis_comes_back_with_every_job(stack: Stack) -> None:
    job = stack.completed(stack.submit())
    os.kill(stack.pid_of("valkey-server"), signal.SIGKILL)
    eventually(lambda: "Redis ended" in stack.output, "the death is reported")
    eventually(
        lambda: stack.get(stack.producer_port, "/ready").json()["ready"], "the producer is ready again"
    )
    assert stack.completed(job["id"])["result"] == job["result"]
    stack.completed(stack.submit())


def test_ctrl_c_ends_every_process_and_a_restart_has_every_job(stack: Stack) -> None:
    job = stack.completed(stack.submit())
    pids = stack.pids()
    assert any("valkey-server" in command for command in pids.values())
    assert stack.stop(signal.SIGINT) == 0
    assert [command for pid, command in pids.items() if is_alive(pid)] == []
    assert "Everything is stopped." in stack.output
    assert "Redis" not in stack.output.rpartition("Stopping:")[2], "Redis left before the services"

    stack.start()
    assert stack.completed(job["id"])["result"] == job["result"]
    assert stack.get(stack.worker_port, f"/uploads/{job['result']['fileName']}").content.startswith(b"%PDF-")


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux lets a process die with its parent")
def test_no_process_outlives_a_killed_launcher(stack: Stack) -> None:
    pids = stack.pids()
    assert len(pids) > 5
    stack.stop(signal.SIGKILL)
    eventually(lambda: not [pid for pid in pids if is_alive(pid)], "all processes are gone")


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux lets a process die with its parent")
@pytest.mark.skipif(not (CHECKOUT / ".venv/.runtime-installed").exists(), reason="`make` would install first")
def test_no_process_outlives_a_killed_make(tmp_path: Path) -> None:
    with Stack(tmp_path / "make") as stack:
        stack.start("make", "run")
        pids = stack.pids()
        assert any("shared.launcher" in command for command in pids.values())
        stack.stop(signal.SIGKILL)
        eventually(lambda: not [pid for pid in pids if is_alive(pid)], "all processes are gone")
        assert "Everything is stopped." in stack.output


def test_a_redis_url_where_nobody_answers_is_told_at_once(tmp_path: Path) -> None:
    with Stack(tmp_path / "away", REDIS_URL="redis://me:hunter2@127.0.0.1:1/0") as stack:
        stack.process = process = stack.launch()
        eventually(lambda: "REDIS_URL: Redis can't be used now" in stack.output, "it is told")
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0
        assert "hunter2" not in stack.output
