"""docker-compose.yml on a real engine: the same calls, the same PDF, more workers, a killed worker."""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
import subprocess
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from shared.settings import CHECKOUT
from tests.e2e.client import Client, eventually, free_ports

pytestmark = [pytest.mark.docker, pytest.mark.timeout(900)]

LARGE_TABLE: dict[str, Any] = {
    "reportType": "table",
    "title": "Large",
    # shaping Hebrew keeps the renderer busy for seconds; plain words would not
    "data": {"rows": [{"words": f"שלום {number}"} for number in range(60_000)]},
}


def run(*command: str, env: dict[str, str] | None = None, check: bool = True) -> str:
    done = subprocess.run(
        command, cwd=CHECKOUT, env=env, capture_output=True, text=True, check=False, timeout=800
    )
    assert not check or done.returncode == 0, f"{' '.join(command)}\n{done.stdout}\n{done.stderr}"
    return done.stdout.strip()


def succeeds(*command: str) -> bool:
    if shutil.which(command[0]) is None:
        return False
    return subprocess.run(command, capture_output=True, check=False, timeout=30).returncode == 0


@pytest.fixture(scope="module")
def compose_command() -> list[str]:
    for command in (["docker", "compose"], ["docker-compose"]):
        if succeeds("docker", "info") and succeeds(*command, "version"):
            return command
    reason = "no Docker engine with compose answers"
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


class Compose(Client):
    """One project: its own ports, uploads folder, network and volumes."""

    def __init__(self, command: list[str], uploads: Path) -> None:
        super().__init__(*free_ports(3))
        self._command = command
        self.env = {
            **{name: value for name, value in os.environ.items() if not name.startswith("PRESSROOM_")},
            "COMPOSE_PROJECT_NAME": f"pressroomtest{secrets.token_hex(3)}",
            "PRESSROOM_PRODUCER_PORT": str(self.producer_port),
            "PRESSROOM_WORKER_PORT": str(self.worker_port),
            "PRESSROOM_DASHBOARD_PORT": str(self.dashboard_port),
            "PRESSROOM_UPLOADS": str(uploads),
        }

    def __call__(self, *arguments: str, check: bool = True) -> str:
        return run(*self._command, *arguments, env=self.env, check=check)

    def workers(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.get(self.dashboard_port, "/api/workers").json()["workers"]
        return found

    def wait_until_ready(self) -> None:
        for port in (self.producer_port, self.worker_port, self.dashboard_port):
            eventually(partial(self._is_ready, port), f"port {port} is ready")

    def _is_ready(self, port: int) -> bool:
        return self.get(port, "/ready").status_code == httpx.codes.OK


@pytest.fixture(scope="module")
def compose(compose_command: list[str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Compose]:
    with Compose(compose_command, tmp_path_factory.mktemp("uploads")) as compose:
        try:
            compose("up", "--build", "--detach")
            compose.wait_until_ready()
            yield compose
        finally:
            compose("down", "--volumes", "--remove-orphans", check=False)


def test_a_posted_report_becomes_a_pdf_that_dashboard_and_worker_serve(compose: Compose) -> None:
    job = compose.completed(compose.submit())
    downloads = [
        compose.get(compose.dashboard_port, f"/api/jobs/{job['id']}/download"),
        compose.get(compose.worker_port, f"/uploads/{job['result']['fileName']}"),
    ]
    for download in downloads:
        assert download.headers["content-type"] == "application/pdf"
        assert download.content.startswith(b"%PDF-")
        assert hashlib.sha256(download.content).hexdigest() == job["result"]["sha256"]
    assert (Path(compose.env["PRESSROOM_UPLOADS"]) / job["result"]["fileName"]).is_file()


def test_a_page_of_a_name_that_points_here_gets_nothing(compose: Compose) -> None:
    for port in (compose.producer_port, compose.worker_port, compose.dashboard_port):
        answer = httpx.get(f"http://127.0.0.1:{port}/metrics", headers={"Host": "evil.example"})
        assert answer.status_code == 421, port


def test_no_service_runs_as_root(compose: Compose) -> None:
    for service in ("producer", "worker", "worker-port", "scheduler", "dashboard"):
        assert compose("exec", "-T", service, "id", "-u") != "0", service


def test_two_workers_are_the_default_and_four_are_one_option_away(compose: Compose) -> None:
    eventually(lambda: len(compose.workers()) == 2, "two workers beat")
    compose("up", "--detach", "--scale", "worker=4")
    eventually(lambda: len(compose.workers()) == 4, "four workers beat")
    compose.completed(compose.submit())


def test_a_worker_killed_in_mid_render_loses_nothing(compose: Compose) -> None:
    job_id = compose.submit(LARGE_TABLE)

    def its_worker() -> str | None:
        job = compose.get(compose.dashboard_port, f"/api/jobs/{job_id}").json()
        return str(job["workerId"]) if job["state"] == "active" else None

    container, _, _ = eventually(its_worker, "the job runs").partition("-")
    run("docker", "kill", container)
    job = compose.completed(job_id)
    assert job["attempts"] == 2
    assert job["result"]["rowsRendered"] == len(LARGE_TABLE["data"]["rows"])


def test_jobs_survive_a_restart_of_redis(compose: Compose) -> None:
    job = compose.completed(compose.submit())
    compose("restart", "redis")
    compose.wait_until_ready()
    assert compose.completed(job["id"])["result"] == job["result"]
