"""The whole stack on an object store: reports, datasets, deletion; nothing is kept in a folder of reports."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from shared.settings import CHECKOUT
from tests.e2e.client import SALES, eventually
from tests.e2e.stack import Stack
from tests.object_store import SECRET, ObjectStoreServer, refused


@pytest.fixture(scope="module")
def store() -> Iterator[ObjectStoreServer]:
    with ObjectStoreServer() as server:
        yield server


@pytest.fixture(scope="module")
def stack(store: ObjectStoreServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    url = f"s3://{store.bucket}/reports/"
    folder = tmp_path_factory.mktemp("stack")
    settings = {"PRESSROOM_STORAGE_URL": url, "PRESSROOM_RETRY_BASE_SECONDS": "0.1"}
    before = sorted((CHECKOUT / "uploads").rglob("*"))
    with Stack(folder, **store.env, **settings) as stack:
        yield stack.start()
        assert SECRET not in stack.output
    assert sorted((CHECKOUT / "uploads").rglob("*")) == before
    assert not [
        path for path in (CHECKOUT, folder) if (path / "s3:").exists() or (path / "uploads/reports").exists()
    ]


def environments(stack: Stack, text: str) -> list[bytes]:
    """Of the stack's processes whose command line holds the text."""
    pids = [pid for pid, command in stack.pids().items() if text in command]
    return [Path(f"/proc/{pid}/environ").read_bytes() for pid in pids]


def stored(stack: Stack, store: ObjectStoreServer, job: dict[str, Any]) -> bytes | None:
    return store.get(f"reports/{job['result']['fileName']}")


def test_a_report_is_stored_downloaded_and_deleted(stack: Stack, store: ObjectStoreServer) -> None:
    assert f"Reports    s3://{store.bucket}/reports\n" in stack.output
    job = stack.completed(stack.submit())
    path = f"/api/jobs/{job['id']}/download"
    answer = stack.get(stack.dashboard_port, path)
    assert answer.content == stored(stack, store, job)
    assert answer.content.startswith(b"%PDF")
    assert hashlib.sha256(answer.content).hexdigest() == job["result"]["sha256"]
    from_worker = stack.get(stack.worker_port, f"/uploads/{job['result']['fileName']}")
    assert from_worker.content == answer.content
    part = stack.get(stack.dashboard_port, path, headers={"Range": "bytes=5-9"})
    assert (part.status_code, part.content) == (206, answer.content[5:10])

    assert stack.delete(stack.dashboard_port, f"/api/jobs/{job['id']}").status_code in (200, 204)
    assert stored(stack, store, job) is None
    assert stack.get(stack.dashboard_port, path).status_code == 404


def test_a_report_that_the_store_has_lost_or_changed_is_not_served(
    stack: Stack, store: ObjectStoreServer
) -> None:
    lost, changed = (stack.completed(stack.submit()) for _ in range(2))
    store.delete(f"reports/{lost['result']['fileName']}")
    store.put(f"reports/{changed['result']['fileName']}", b"%PDF of somebody else")
    assert stack.get(stack.dashboard_port, f"/api/jobs/{lost['id']}/download").status_code == 410
    assert stack.get(stack.dashboard_port, f"/api/jobs/{changed['id']}/download").status_code == 500


def test_a_dataset_goes_in_and_comes_out_as_a_report(stack: Stack, store: ObjectStoreServer) -> None:
    rows = b"n,word\n" + b"".join(b"%d,word %d\n" % (n, n) for n in range(2000))
    answer = stack.post(stack.producer_port, "/api/v1/datasets", content=rows)
    assert answer.status_code == 201, answer.text
    dataset_id = answer.json()["datasetId"]
    assert store.get(f"reports/datasets/{dataset_id}.data") == rows
    body = {"reportType": "table", "title": "Rows", "data": {"dataset": dataset_id}}
    job = stack.completed(stack.submit(body))
    assert job["result"]["rowsRendered"] == 2000
    assert stack.delete(stack.producer_port, f"/api/v1/datasets/{dataset_id}").status_code == 204
    assert [key for key in store.listed() if dataset_id in key] == []
    assert stack.get(stack.producer_port, f"/api/v1/datasets/{dataset_id}").status_code == 404


def test_render_children_know_no_credentials(stack: Stack) -> None:
    stack.completed(stack.submit())
    assert any(SECRET.encode() in env for env in environments(stack, "-m worker"))
    children = environments(stack, "worker.children")
    assert children
    assert not any(b"AWS_" in env for env in children)


def test_a_store_that_refuses_for_a_while_costs_attempts_and_no_report(
    stack: Stack, store: ObjectStoreServer
) -> None:
    store.fault = refused("AccessDenied")
    try:
        job_id = stack.submit({**SALES, "maxAttempts": 100})
        eventually(lambda: attempts(stack, job_id) > 1, "the first attempt fails")
    finally:
        store.fault = None
    job = stack.completed(job_id)
    assert stored(stack, store, job) is not None
    reason = f"the PDF could not be stored: s3://{store.bucket}/reports: it refused access (AccessDenied)"
    assert any(reason in (line["detail"] or "") for line in job["timeline"]), job["timeline"]


def attempts(stack: Stack, job_id: str) -> int:
    found: int = stack.get(stack.dashboard_port, f"/api/jobs/{job_id}").json()["attempts"]
    return found


def test_a_download_while_the_store_refuses_says_come_again(stack: Stack, store: ObjectStoreServer) -> None:
    job = stack.completed(stack.submit())
    store.fault = refused("AccessDenied")
    try:
        answer = stack.get(stack.dashboard_port, f"/api/jobs/{job['id']}/download")
    finally:
        store.fault = None
    assert answer.status_code == 503
    assert answer.headers["retry-after"]
    assert SECRET not in answer.text
    assert stack.get(stack.dashboard_port, f"/api/jobs/{job['id']}/download").status_code == 200


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"PRESSROOM_STORAGE_URL": "s3://no-such-bucket-here/a"}, "the bucket does not exist"),
        ({"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}, "it can't be reached"),
    ],
)
def test_a_worker_that_can_not_write_says_why_at_its_start(
    store: ObjectStoreServer, tmp_path: Path, changed: dict[str, str], why: str
) -> None:
    env = {**store.env, "PRESSROOM_STORAGE_URL": f"s3://{store.bucket}", **changed}
    with Stack(tmp_path, **env) as stack:
        process = stack.launch()
        process.wait(60)
        assert "PRESSROOM_STORAGE_URL: can't write to s3://" in stack.output
        assert why in stack.output
        assert "Traceback" not in stack.output
