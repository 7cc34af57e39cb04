"""The four real services: reports of real data, kills in the middle, arq clients, the inherited wire."""

from __future__ import annotations

import asyncio
import contextlib
import csv
import hashlib
import io
import os
import pickle
import shutil
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from importlib import resources
from pathlib import Path
from typing import Any

import arq
import pytest
from arq.connections import ArqRedis, RedisSettings

from shared.queue.payload import decode_payload, encode_payload
from tests.e2e.client import eventually
from tests.e2e.stack import Stack, is_alive, render_children

LARGE_ROWS = 40_000
LARGE_TABLE: dict[str, Any] = {
    "reportType": "table",
    "title": "Large",
    # shaping Hebrew keeps the renderer busy for seconds; plain words would not
    "data": {"rows": [{"n": number, "words": f"שלום {number}"} for number in range(LARGE_ROWS)]},
}
NUMBER = (int, float)


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with Stack(tmp_path_factory.mktemp("stack"), PRESSROOM_LEASE_SECONDS="3") as stack:
        yield stack.start()


def document(stack: Stack, job_id: str) -> dict[str, Any]:
    found: dict[str, Any] = stack.get(stack.dashboard_port, f"/api/jobs/{job_id}").json()
    return found


def rendering(stack: Stack, job_id: str) -> dict[str, Any]:
    """The job's document as soon as rows of it are drawn."""

    def seen() -> dict[str, Any] | None:
        job = document(stack, job_id)
        return job if job["state"] == "active" and job["progress"] > 0 else None

    return eventually(seen, f"job {job_id} makes progress")


def pid_of_worker(stack: Stack, worker_id: str) -> int:
    workers = stack.get(stack.dashboard_port, "/api/workers").json()["workers"]
    return next(int(entry["pid"]) for entry in workers if entry["id"] == worker_id)


def pdf_text(stack: Stack, job_id: str, *options: str) -> str:
    """The downloaded PDF's text, by poppler."""
    if shutil.which("pdftotext") is None:
        if os.environ.get("CI"):
            pytest.fail("CI needs pdftotext (poppler-utils)")
        pytest.skip("pdftotext (poppler-utils) is not installed")
    content = stack.get(stack.dashboard_port, f"/api/jobs/{job_id}/download").content
    command = ["pdftotext", *options, "-", "-"]
    return subprocess.run(command, input=content, capture_output=True, check=True).stdout.decode()


def with_arq(stack: Stack, act: Callable[[ArqRedis], Awaitable[Any]], **serializers: Any) -> Any:
    """Runs `act` on a pool as arq's own users make one."""

    async def run() -> Any:
        url = (stack.folder / "data" / "redis-url").read_text().strip()
        pool = await arq.create_pool(
            RedisSettings.from_dsn(url), default_queue_name="report:queue", **serializers
        )
        try:
            return await act(pool)
        finally:
            await pool.aclose()

    return asyncio.run(run())


def test_every_row_of_a_real_data_set_is_in_the_pdf(stack: Stack) -> None:
    raw = (resources.files("vega_datasets") / "_data" / "airports.csv").read_text()
    rows = list(csv.DictReader(io.StringIO(raw)))
    assert len(rows) > 3_000
    job = stack.completed(stack.submit({"reportType": "table", "title": "Airports", "data": {"rows": rows}}))
    assert job["result"]["rowsReceived"] == job["result"]["rowsRendered"] == len(rows)
    text = pdf_text(stack, job["id"], "-layout")
    words = set(text.split())
    assert {row["iata"] for row in rows} <= words
    joined = "".join(text.split())
    short = [row["name"] for row in rows if len(row["name"]) < 25]
    assert len(short) > 2_500
    assert [name for name in short if "".join(name.split()) not in joined] == []
    assert job["result"]["warnings"] == []


def test_a_job_whose_worker_is_killed_completes_once_on_another(stack: Stack) -> None:
    job_id = stack.submit(LARGE_TABLE)
    first = rendering(stack, job_id)
    os.kill(pid_of_worker(stack, first["workerId"]), signal.SIGKILL)
    job = stack.completed(job_id)
    assert (job["attempts"], job["result"]["rowsRendered"]) == (2, LARGE_ROWS)
    assert job["workerId"] != first["workerId"]
    events = [entry["event"] for entry in job["timeline"]]
    assert events.count("claimed") == 2
    assert events.count("completed") == 1
    published = list((stack.folder / "uploads").glob(f"*{job_id}*.pdf"))
    assert [path.name for path in published] == [job["result"]["fileName"]]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells which child has the job's file open")
def test_a_killed_render_child_costs_an_attempt_and_no_worker(stack: Stack) -> None:
    job_id = stack.submit({**LARGE_TABLE, "maxAttempts": 1})
    worker = pid_of_worker(stack, rendering(stack, job_id)["workerId"])
    os.kill(child_that_renders(stack, worker, job_id), signal.SIGKILL)
    job = eventually(lambda: ended(stack, job_id), "the job ends")
    assert job["state"] == "failed"
    assert job["error"]["type"] == "RenderChildDied"
    assert is_alive(worker)
    assert stack.completed(stack.submit())["attempts"] == 1


def test_cancelling_a_running_job_ends_its_child(stack: Stack) -> None:
    job_id = stack.submit(LARGE_TABLE)
    worker = pid_of_worker(stack, rendering(stack, job_id)["workerId"])
    before = set(render_children(worker))
    answer = stack.post(stack.dashboard_port, f"/api/jobs/{job_id}/cancel")
    assert answer.json()["previousState"] == "active"
    eventually(
        lambda: any(entry["event"] == "stopped" for entry in document(stack, job_id)["timeline"]),
        "the timeline says that the child is gone",
    )
    assert any(not is_alive(pid) for pid in before)
    assert document(stack, job_id)["state"] == "cancelled"
    assert list((stack.folder / "uploads").glob(f"*{job_id}*.pdf")) == []


def test_a_worker_told_to_end_finishes_what_it_runs(stack: Stack) -> None:
    job_id = stack.submit(LARGE_TABLE)
    running = rendering(stack, job_id)
    os.kill(pid_of_worker(stack, running["workerId"]), signal.SIGTERM)
    job = stack.completed(job_id)
    assert (job["attempts"], job["workerId"]) == (1, running["workerId"])


def test_an_attempt_that_takes_too_long_is_stopped(stack: Stack) -> None:
    job_id = stack.submit({**LARGE_TABLE, "timeoutSeconds": 1, "maxAttempts": 1})
    job = eventually(lambda: ended(stack, job_id), "the job ends")
    assert (job["state"], job["error"]["type"]) == ("failed", "RenderTimeout")


def test_a_job_of_an_arq_client_is_done_and_its_result_comes_back(stack: Stack) -> None:
    async def ask(pool: ArqRedis) -> dict[str, Any]:
        job = await pool.enqueue_job(
            "generate-report", reportType="test", data={"period": "Q1", "revenue": ""}
        )
        assert job is not None
        result: dict[str, Any] = await job.result(timeout=60)
        return result

    result = with_arq(stack, ask, job_serializer=encode_payload, job_deserializer=decode_payload)
    assert result["success"] is True
    assert (stack.folder / "uploads" / result["fileName"]).is_file()


class Bomb:
    """Leaves a mark when it is unpickled."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.touch, (self.mark,))


def test_a_pickled_job_is_refused_with_a_reason_and_not_unpickled(stack: Stack, tmp_path: Path) -> None:
    mark = tmp_path / "unpickled"
    pickle.loads(pickle.dumps(Bomb(mark)))
    assert mark.exists()
    mark.unlink()

    async def ask(pool: ArqRedis) -> str:
        job = await pool.enqueue_job("generate-report", Bomb(mark), _job_id="pickled-1")
        assert job is not None
        return job.job_id

    job_id = with_arq(stack, ask)
    job = eventually(lambda: ended(stack, job_id), "the job ends")
    assert job["state"] == "failed"
    assert "JSON" in job["failedReason"]
    assert not mark.exists()


def test_an_identical_report_is_answered_with_the_pdf_that_is_there(stack: Stack) -> None:
    body = {
        "reportType": "table",
        "title": "Once",
        "data": {"rows": [{"car": "Van 12", "km": 18200}]},
        "reuse": True,
    }
    first = stack.completed(stack.submit(body))
    answer = stack.post(stack.producer_port, "/api/v1/reports/generate", json=body)
    assert (answer.status_code, answer.json()["message"]) == (200, "Finished report reused")
    assert answer.json()["data"]["jobId"] == first["id"]
    pdf = stack.get(stack.dashboard_port, f"/api/jobs/{answer.json()['data']['jobId']}/download").content
    assert hashlib.sha256(pdf).hexdigest() == first["result"]["sha256"]
    assert stack.delete(stack.dashboard_port, f"/api/jobs/{first['id']}").is_success
    again = stack.completed(stack.submit(body))
    assert again["id"] != first["id"]


def test_the_inherited_calls_have_the_inherited_fields(stack: Stack) -> None:
    stack.completed(stack.submit())
    failed = {**LARGE_TABLE, "timeoutSeconds": 1, "maxAttempts": 1}
    failed_id = stack.submit(failed)
    eventually(lambda: ended(stack, failed_id), "the job ends")
    for port in (stack.producer_port, stack.worker_port, stack.dashboard_port):
        health = stack.get(port, "/health").json()
        assert {
            name: type(health[name]) for name in ("status", "service", "version", "redis")
        } == dict.fromkeys(("status", "service", "version", "redis"), str)
        assert all(isinstance(health[name], NUMBER) for name in ("uptime", "timestamp", "responseTime"))
        assert "memory" in health
        assert stack.get(port, "/ready").json() == {"ready": True}
    stats = stack.get(stack.dashboard_port, "/api/stats").json()
    assert {"waiting", "active", "completed", "failed", "delayed"} <= stats["counts"].keys()
    assert isinstance(stats["queue"], str)
    assert isinstance(stats["totalJobs"], int)
    assert isinstance(stats["timestamp"], NUMBER)
    workers = stack.get(stack.dashboard_port, "/api/workers").json()
    assert workers["count"] == len(workers["workers"]) >= 2
    assert {"id", "pid", "uptime", "timestamp"} <= workers["workers"][0].keys()
    completed = stack.get(stack.dashboard_port, "/api/jobs/completed?page=1&limit=1").json()
    assert completed.keys() == {"jobs", "total", "page", "limit"}
    assert completed["jobs"][0].keys() == {
        *("id", "name", "success", "reportUrl", "fileName", "fileSize", "processedAt")
    }
    assert isinstance(completed["jobs"][0]["processedAt"], NUMBER)
    failures = stack.get(stack.dashboard_port, "/api/jobs/failed").json()["jobs"]
    entry = next(item for item in failures if item["id"] == failed_id)
    assert entry.keys() == {
        *("id", "name", "jobData", "failedReason", "finishedOn", "attempts", "errorDetails")
    }
    assert entry["jobData"]["data"] == failed["data"]
    assert isinstance(entry["finishedOn"], NUMBER)
    job = document(stack, failed_id)
    assert {"id", "status", "progress", "result", "jobData", "attempts", "timestamp"} <= job.keys()
    assert isinstance(job["timestamp"], NUMBER)


@pytest.mark.parametrize(
    "name", ["..%2f..%2f..%2fetc%2fpasswd", "%2e%2e%2fredis-url", ".tmp", "sales-none-f1.pdf", "%00"]
)
def test_no_file_name_leaves_the_folder(stack: Stack, name: str) -> None:
    answer = stack.get(stack.worker_port, f"/uploads/{name}")
    assert answer.status_code in (404, 422)
    assert answer.headers["content-type"] == "application/problem+json"


def test_ranges_heads_and_etags_of_a_download(stack: Stack) -> None:
    job = stack.completed(stack.submit())
    path = f"/uploads/{job['result']['fileName']}"
    whole = stack.get(stack.worker_port, path)
    assert whole.headers["etag"] == f'"{job["result"]["sha256"]}"'
    part = stack.get(stack.worker_port, path, headers={"Range": "bytes=0-7"})
    assert (part.status_code, part.content) == (206, whole.content[:8])
    head = stack.head(stack.worker_port, path)
    assert (head.status_code, head.content) == (200, b"")
    assert int(head.headers["content-length"]) == len(whole.content)
    unchanged = stack.get(stack.worker_port, path, headers={"If-None-Match": whole.headers["etag"]})
    assert unchanged.status_code == 304


def ended(stack: Stack, job_id: str) -> dict[str, Any] | None:
    answer = stack.get(stack.dashboard_port, f"/api/jobs/{job_id}")
    job: dict[str, Any] = answer.json()
    return job if answer.status_code == 200 and job["state"] in ("completed", "failed", "cancelled") else None


def child_that_renders(stack: Stack, worker: int, job_id: str) -> int:
    """The worker's child that is writing the job's PDF."""

    def has_it_open(pid: int) -> bool:
        files = Path(f"/proc/{pid}/fd")
        with contextlib.suppress(OSError):  # a file or the child may go while it is looked at
            return any(job_id in str(file.readlink()) for file in files.iterdir())
        return False

    return eventually(
        lambda: next(filter(has_it_open, render_children(worker)), None), "a child has the job's file open"
    )
